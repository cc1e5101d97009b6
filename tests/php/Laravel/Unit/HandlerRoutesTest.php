<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Bridge\Laravel\Handler\HandlerCatalog;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\Router;
use Ferry\Tests\Laravel\Fixtures\Door;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Routing\Middleware\SubstituteBindings;
use PHPUnit\Framework\TestCase;

final class HandlerRoutesTest extends TestCase
{
    public function testRoutesBecomePathsOfTheServer(): void
    {
        $app = TestApplication::boot();
        Ws::handler('/chat/{room:slug}', Door::class)->where('room', '[a-z]+');
        Ws::handler('/news/{topic?}', Door::class);
        Ws::handler('/', Door::class);
        $router = new Router($app->make(HandlerCatalog::class)->handlers());

        self::assertSame(['room' => 'deck'], $router->match('/chat/deck')[1] ?? null);
        self::assertNull($router->match('/chat/5'));
        self::assertSame(['topic' => 'ships'], $router->match('/news/ships')[1] ?? null);
        self::assertSame(['topic' => null], $router->match('/news')[1] ?? null);
        self::assertSame([], $router->match('/')[1] ?? null);
    }

    public function testGroupsShareMiddlewareAndPrefix(): void
    {
        $app = TestApplication::boot();
        Ws::middleware(['auth'])->prefix('v1')->name('ws.')->group(static function (): void {
            Ws::handler('/chat', Door::class)->middleware('can:chat')->name('chat');
        });

        [$handler] = $app->make(HandlerCatalog::class)->handlers();
        $route = HandlerCatalog::route($handler);

        self::assertSame('/v1/chat', $handler->path?->path);
        self::assertSame(['auth', SubstituteBindings::class, 'can:chat'], array_values($route->gatherMiddleware()));
        self::assertSame('ws.chat', $route->getName());
    }

    public function testFileWithRoutesIsReadWhenHandlersAreNeeded(): void
    {
        $file = TestApplication::folder().'/ws.php';
        file_put_contents($file, '<?php '.Ws::class.'::handler("/from-file", '.Door::class.'::class);');
        $app = TestApplication::boot(['ws.routes' => $file]);

        self::assertSame([], $app->make(HandlerRouter::class)->handlers());
        [$handler] = $app->make(HandlerCatalog::class)->handlers();
        self::assertSame('/from-file', $handler->path?->path);
    }

    public function testClassThatHandlesNothingIsRefusedAtTheStart(): void
    {
        $app = TestApplication::boot();
        Ws::handler('/chat', self::class);

        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage(self::class);
        $app->make(HandlerDispatcher::class);
    }

    public function testHandlerThatIsNoClassIsRefusedWithItsPath(): void
    {
        TestApplication::boot();
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
}
