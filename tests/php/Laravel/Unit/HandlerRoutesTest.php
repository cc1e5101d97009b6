<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Http\Request;
use Illuminate\Routing\Middleware\SubstituteBindings;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

final class HandlerRoutesTest extends TestCase
{
    public function testPathFindsItsHandlerAndPlaceholders(): void
    {
        $router = $this->router();
        Ws::handler('/chat/{room}', self::class)->where('room', '[a-z]+');

        $route = $router->matchHandler(Request::create('/chat/deck'));

        self::assertSame(self::class, $route->handlerClass());
        self::assertSame(['room' => 'deck'], $route->parameters());
        $this->expectException(NotFoundHttpException::class);
        $router->matchHandler(Request::create('/chat/5'));
    }

    public function testGroupsShareMiddlewareAndPrefix(): void
    {
        $router = $this->router();
        Ws::middleware(['auth'])->prefix('v1')->name('ws.')->group(static function (): void {
            Ws::handler('/chat', self::class)->middleware('can:chat')->name('chat');
        });

        $route = $router->matchHandler(Request::create('/v1/chat'));

        self::assertSame(['auth', SubstituteBindings::class, 'can:chat'], array_values($route->gatherMiddleware()));
        self::assertSame('ws.chat', $route->getName());
    }

    public function testHandlerThatIsNoClassIsRefusedWithItsPath(): void
    {
        $this->router();
        $this->expectException(\InvalidArgumentException::class);
        $this->expectExceptionMessage('"/chat"');

        Ws::handler('/chat', 'App\NoSuchHandler');
    }

    public function testAddressesComeFromTheConfiguration(): void
    {
        $app = TestApplication::boot(['ws.public' => ['host' => 'example.org', 'port' => 443, 'scheme' => 'https']]);
        self::assertSame('wss://example.org/chat/5', Ws::url('/chat/5'));

        $app->make('config')->set('ws.public', ['host' => 'localhost', 'port' => 8080, 'scheme' => 'http']);
        self::assertSame('ws://localhost:8080/', Ws::url());
    }

    private function router(): HandlerRouter
    {
        return TestApplication::boot()->make(HandlerRouter::class);
    }
}
