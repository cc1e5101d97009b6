<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Socket;

use Ferry\Api\ApiClient;
use Ferry\Api\Exception\RedirectRefusedException;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Exception\InvalidArgumentException;
use Ferry\HandlerInterface;
use Ferry\Identity;
use Ferry\Runner;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Api\ApiServer;
use Ferry\Tests\Laravel\Fixtures\ApiHandler;
use Ferry\Tests\Laravel\Fixtures\Counter;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Cookie\CookieValuePrefix;
use Illuminate\Foundation\Application;
use Illuminate\Http\Client\ConnectionException;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Request;
use Illuminate\Support\Facades\App;
use Illuminate\Support\Facades\Auth;
use Illuminate\Support\Facades\Http;
use Illuminate\Support\Facades\Route;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\StreamedResponse;

/**
 * Handlers that ask the application's own API, over real sockets.
 */
final class ApiTest extends TestCase
{
    use WsTestTrait;

    private Application $app;
    private int $terminated = 0;

    protected function wsHandler(): Runner|HandlerInterface
    {
        return $this->app->make(Runner::class);
    }

    /**
     * @dataProvider ways
     */
    #[DataProvider('ways')]
    public function testControllerSeesTheClientAndTheHandlerSeesNothingOfIt(string $by): void
    {
        $this->boot();
        $client = $this->wsConnect('/api-handler', 'alice-token', ['X-Request-Id' => 'trace-1']);

        for ($i = 1; $i <= 2; ++$i) {
            $result = json_decode((string) $client->sendJson(['type' => 'write', 'by' => $by])->receive(), true);
            self::assertSame([201, 'Alice', 'ahoy', '127.0.0.1', 'trace-1', 1, 'api/notes'], [$result['status'], $result['answer']['author'], $result['answer']['text'], $result['answer']['address'], $result['answer']['id'], $result['answer']['scoped'], $result['answer']['route']]);
            self::assertSame(['user' => 'Alice', 'request' => true, 'scoped' => 2, 'route' => null, 'locale' => 'en'], array_diff_key($result, ['status' => 1, 'answer' => 1]));
            self::assertSame($i, $this->terminated, 'what a request wants done at its end is done once');
        }

        self::assertNull(Auth::user());
        self::assertSame([], $this->wsServer()->failures());
    }

    /**
     * @return iterable<array{string}>
     */
    public static function ways(): iterable
    {
        yield ['client'];
        yield ['facade'];
        yield ['macro'];
    }

    public function testEachClientIsItself(): void
    {
        $this->boot();
        $alice = $this->wsConnect('/api-handler', 'alice-token');
        $bob = $this->wsConnect('/api-handler', 'bob-token');

        foreach ([[$alice, 'Alice'], [$bob, 'Bob'], [$alice, 'Alice']] as [$client, $name]) {
            $client->sendJson(['type' => 'write'])->assertReceivedJson(['user' => $name, 'answer' => ['author' => $name]]);
        }

        $alice->sendJson(['type' => 'write', 'path' => '/api/open'])->assertReceivedJson(['user' => 'Alice', 'answer' => ['guard' => 'web', 'known' => false]]);
    }

    public function testSessionOfACookie(): void
    {
        $this->boot(['ws.auth' => ['guard' => 'web', 'session' => true]]);
        $session = $this->app->make('session')->driver();
        $session->start();
        $session->put(Auth::guard('web')->getName(), 2);
        $session->save();
        $encrypter = $this->app->make('encrypter');
        $cookie = rawurlencode($encrypter->encrypt(CookieValuePrefix::create('ferry_session', $encrypter->getKey()).$session->getId(), false));
        $session->flush();
        $session->setId(null);
        Auth::forgetGuards();
        $client = $this->wsConnect('/api-handler', null, ['Cookie' => 'ferry_session='.$cookie]);

        for ($i = 1; $i <= 2; ++$i) {
            $client->sendJson(['type' => 'write', 'path' => '/web/notes'])->assertReceivedJson(['user' => 'Bob', 'answer' => ['author' => 'Bob', 'visits' => $i]]);
        }

        self::assertNull($session->get('visits'), 'nothing of it is left in this process');
    }

    public function testAnswerOf401ClosesTheConnection(): void
    {
        $this->boot();
        $client = $this->wsConnect('/api-handler', 'alice-token');
        User::query()->where('name', 'Alice')->update(['api_token' => 'another']);

        $client->sendJson(['type' => 'write', 'id' => 1]);
        $client->assertClosed(4401);
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testWhatAControllerThrowsIsAnAnswer(): void
    {
        $this->boot();
        $client = $this->wsConnect('/api-handler', 'alice-token');

        $client->sendJson(['type' => 'write', 'path' => '/api/throw'])->assertReceivedJson(['status' => 500, 'user' => 'Alice', 'request' => true]);
        $client->sendJson(['type' => 'write', 'path' => '/api/missing'])->assertReceivedJson(['status' => 404, 'user' => 'Alice']);
    }

    public function testFormsStreamsAndRedirections(): void
    {
        $this->boot();
        $api = $this->app->make(ApiClient::class);

        self::assertSame(['field' => 'two words'], $api->put('/api/form', body: ['field' => 'two words'])->toArray());
        self::assertSame('streamed', $api->get('/api/streamed')->getContent());
        $this->expectException(RedirectRefusedException::class);
        $api->as(new FakeConnection(identity: new Identity('1', token: 'alice-token')))->get('/api/redirect');
    }

    public function testMacroOverTheNetworkGivesLaravelsAnswers(): void
    {
        $server = new ApiServer();
        $this->boot(['ws.api' => ['mode' => 'http', 'base_uri' => $server->url.'/v1', 'retries' => 0]]);
        $connection = new FakeConnection(identity: new Identity('1', token: 'secret'));
        $response = Http::ferry($connection)->timeout(5)->withHeaders(['X-Extra' => 'yes'])->post('notes', ['text' => 'ahoy']);

        self::assertSame(['/v1/notes', 'Bearer secret', 'yes', '{"text":"ahoy"}'], [$response->json('uri'), $response->json('headers.authorization'), $response->json('headers.x-extra'), base64_decode($response->json('body'))]);

        // Nothing is sent anywhere else with this token: Laravel 8 makes a path of an URL, later versions do not.
        foreach (['https://evil.example/', '../x', $server->url.'/status/200'] as $elsewhere) {
            try {
                self::assertSame('/v1/'.$elsewhere, Http::ferry($connection)->get($elsewhere)->json('uri'));
                self::assertNotSame('../x', $elsewhere);
            } catch (\GuzzleHttp\Exception\RequestException|ConnectionException $e) {
                self::assertStringContainsString('Argument $path must be a path below', $e->getMessage());
            }
        }

        $this->expectException(RequestException::class);
        $this->app->instance('config', tap($this->app->make('config'))->set('ws.api.base_uri', $server->url));
        $this->app->forgetInstance(ApiClient::class);
        Http::ferry($connection)->get('/status/404')->throw();
    }

    public function testMacroWithNobodyThere(): void
    {
        $this->boot(['ws.api' => ['mode' => 'http', 'base_uri' => ApiServer::closedPort(), 'retries' => 0]]);
        $this->expectException(ConnectionException::class);
        Http::ferry(new FakeConnection())->get('/x');
    }

    public function testFakeCounts(): void
    {
        $this->boot(['ws.api' => ['mode' => 'http', 'base_uri' => ApiServer::closedPort()]]);
        Http::fake(['*' => Http::response(['faked' => true])]);

        self::assertTrue(Http::ferry(new FakeConnection())->get('/x')->json('faked'));
        Http::assertSentCount(1);
    }

    /**
     * @dataProvider badSettings
     *
     * @param array<string, mixed> $api
     */
    #[DataProvider('badSettings')]
    public function testBadSettingsAreNamed(array $api, string $message): void
    {
        $this->boot(['ws.api' => $api]);
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage($message);
        $this->app->make(ApiClient::class);
    }

    /**
     * @return iterable<array{array<string, mixed>, string}>
     */
    public static function badSettings(): iterable
    {
        yield [['mode' => 'sync'], 'The setting ws.api.mode must be one of "async", "kernel", "http", "sync" given'];
        yield [['mode' => 'async'], 'The setting ws.api.base_uri (WS_API_URL) must be set in the mode "async"'];
        yield [['mode' => 'http', 'base_uri' => 'example.org'], 'In the setting ws.api: The option base_uri must be an absolute URL'];
        yield [['mode' => 'kernel', 'timeout' => 0], 'In the setting ws.api: The option timeout'];
        yield [['mode' => 'kernel', 'forwarded' => 'x'], 'In the setting ws.api: The option forwarded'];
        yield [['mode' => 'http', 'base_uri' => 'https://example.org', 'client' => 'events'], 'The setting ws.api.client is "events"'];
    }

    /**
     * @param array<string, mixed> $config
     */
    private function boot(array $config = []): void
    {
        $this->app = TestApplication::boot($config + ['ws.auth' => ['guard' => 'api'], 'ws.api' => ['mode' => 'kernel']]);
        $this->app->scoped(Counter::class);
        Database::create($this->app);
        Ws::handler('/api-handler', ApiHandler::class)->middleware('auth:'.$this->app->make('config')->get('ws.auth.guard'));
        $this->app->make(\Illuminate\Contracts\Http\Kernel::class);

        $write = function (Request $request): \Illuminate\Http\JsonResponse {
            App::setLocale('de');
            app()->terminating(fn () => ++$this->terminated);

            return new \Illuminate\Http\JsonResponse([
                'author' => $request->user()?->name,
                'text' => $request->input('text'),
                'address' => $request->ip(),
                'id' => $request->header('X-Request-Id'),
                'scoped' => app(Counter::class)->next(),
                'route' => Route::current()?->uri(),
                'visits' => $request->hasSession() ? tap($request->session())->put('visits', $request->session()->get('visits', 0) + 1)->get('visits') : null,
            ], 201);
        };
        Route::middleware(['api', 'auth:api'])->post('/api/notes', $write);
        Route::middleware(['web', 'auth:web'])->post('/web/notes', $write);
        Route::middleware('api')->group(static function (): void {
            Route::post('/api/open', static fn (): array => ['guard' => Auth::getDefaultDriver(), 'known' => Auth::check()]);
            Route::post('/api/throw', static fn () => throw new \DomainException('a controller failed'));
            Route::put('/api/form', static fn (Request $request): array => $request->all());
            Route::get('/api/streamed', static fn (): StreamedResponse => new StreamedResponse(static function (): void { echo 'streamed'; }));
            Route::get('/api/redirect', static fn () => redirect()->away('https://evil.example/'));
        });
    }
}
