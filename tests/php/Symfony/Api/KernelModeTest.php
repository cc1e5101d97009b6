<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\Exception\RedirectRefusedException;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\ServerException;
use Ferry\Api\Exception\TokenExpiredException;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Fibers;
use Ferry\Tests\Symfony\Security\SecuredServer;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\Routing\RequestContext;

/**
 * Controllers of a real kernel with real firewalls, called from a handler.
 */
final class KernelModeTest extends TestCase
{
    use SecuredServer;

    protected function tearDown(): void
    {
        $this->kernel?->shutdown();
    }

    public function testControllerSeesTheClientAndTheHandlerSeesNothingOfIt(): void
    {
        $this->serve('api');
        $connection = $this->open(new FakeHandshake('/notes', ['X-Request-Id' => 'trace-1'], remoteAddress: '192.0.2.7', token: 'for-alice'));
        $result = $this->ask($connection, 'write', text: 'ahoy');
        $answer = $result['answer'];

        self::assertSame([201, 'alice', '{"text":"ahoy"}', '192.0.2.7', true], [$result['status'], $answer['author'], $answer['body'], $answer['address'], $answer['main']], json_encode($result));
        self::assertSame(['trace-1', $connection->id, 'application/json'], [$answer['headers']['x-request-id'], $answer['headers']['x-socket-id'], $answer['headers']['content-type']]);
        self::assertArrayNotHasKey('x-forwarded-for', $answer['headers']);
        self::assertSame(['http://example.org/app/api/notes', 'http://example.org/app/api/notes'], [$answer['url'], $answer['link']]);
        self::assertSame(['alice', true, null, 'http://localhost/api/notes'], [$result['user'], $result['same'], $result['request'], $result['link']]);
        self::assertSame(['/api/notes'], $this->controller()->terminated);
        self::assertNull($this->tokens()->getToken());
    }

    public function testEachClientIsItself(): void
    {
        $this->serve('api');
        $alice = $this->open(new FakeHandshake('/notes', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/notes', token: 'for-root'));

        foreach ([[$alice, 'alice'], [$root, 'root'], [$alice, 'alice']] as [$connection, $name]) {
            $result = $this->ask($connection, 'write', text: 'x');
            self::assertSame([$name, $name], [$result['answer']['author'], $result['user']]);
        }

        // A place without a firewall knows nobody, whoever asks.
        self::assertNull($this->ask($alice, 'write', text: 'x', path: '/open/notes')['answer']['author']);
    }

    public function testSessionOfTheCookieIsRead(): void
    {
        $this->serve('main');
        $login = $this->kernel->handle(Request::create('/login', 'POST', ['_username' => 'alice', '_password' => 'secret']));
        $cookies = array_column(array_map(static fn ($cookie): array => [$cookie->getName(), $cookie->getValue()], $login->headers->getCookies()), 1, 0);
        $id = (string) $cookies['MOCKSESSID'];
        $file = $this->kernel->getCacheDir().'/sessions/'.$id.'.mocksess';
        $before = file_get_contents($file);
        $connection = $this->open(new FakeHandshake('/notes', ['Cookie' => 'MOCKSESSID='.$id.'; theme=dark%20blue'], ['MOCKSESSID' => $id]));

        for ($i = 0; $i < 2; ++$i) {
            $result = $this->ask($connection, 'write', text: 'x', path: '/chat/notes');
            self::assertSame(['alice', 'alice', 0], [$result['answer']['author'], $result['user'], $result['answer']['visits']], json_encode($result));
            self::assertSame('dark blue', $result['answer']['cookies']['theme']);
        }

        self::assertSame($before, file_get_contents($file), 'nothing is written');
        self::assertSame(\PHP_SESSION_NONE, session_status());
    }

    public function testAnswerOf401ClosesTheConnection(): void
    {
        $this->serve('api');
        $connection = $this->open(new FakeHandshake('/notes', token: 'for-alice'));
        unset($this->people()->rows['alice']);
        $failed = null;

        try {
            $this->api()->as($connection)->get('/api/notes');
        } catch (TokenExpiredException $failed) {
        }

        self::assertNotNull($failed);
        self::assertSame([4401, 'token expired'], [$connection->closeCode(), $connection->closeReason()]);
    }

    public function testWhatAControllerThrowsIsAnAnswer(): void
    {
        $this->serve('api');
        $connection = $this->open(new FakeHandshake('/notes', token: 'for-alice'));
        $result = $this->ask($connection, 'write', text: 'x', path: '/api/throw');
        self::assertSame([500, 'alice'], [$result['status'], $result['user']]);
        self::assertSame(404, $this->ask($connection, 'write', text: 'x', path: '/api/missing')['status']);

        $this->expectException(ServerException::class);
        $this->api()->as($connection)->get('/api/throw')->getContent();
    }

    public function testFormsAndQueries(): void
    {
        $this->serve('api');
        $answer = $this->api()->put('/open/notes?a=1', body: ['field' => 'two words', 'list' => ['x']], query: ['b' => '&'])->toArray();

        self::assertSame([['field' => 'two words', 'list' => ['x']], ['a' => '1', 'b' => '&']], [$answer['form'], $answer['query']]);
    }

    public function testStreamsAndFiles(): void
    {
        $this->serve('api');

        self::assertSame(50_004, \strlen($this->api()->get('/open/streamed')->getContent()));
        self::assertStringEqualsFile(__DIR__.'/NotesController.php', $this->api()->get('/open/file')->getContent());
    }

    public function testControllersThatWaitHaveTheirOwnOutputAndContext(): void
    {
        $this->serve('api');
        $level = ob_get_level();
        ob_start();
        $fibers = new Fibers($this->dispatcher()->fiberContext());
        $context = $this->kernel->service('router.request_context');
        self::assertInstanceOf(RequestContext::class, $context);
        $outside = [$context->getHost(), $context->getBaseUrl(), $context->getPathInfo()];
        $answers = [];
        $ask = function (string $name) use ($fibers, &$answers): \Fiber {
            return $fibers->start(function () use ($name, &$answers): void {
                $answers[$name] = $this->api()->get('/open/slow', ['name' => $name])->getContent();
            });
        };

        $first = $ask('first');
        self::assertSame($level + 1, ob_get_level(), 'no buffer of a handler that waits is left');
        self::assertSame($outside, [$context->getHost(), $context->getBaseUrl(), $context->getPathInfo()]);
        echo 'a handler prints';
        $second = $ask('second');
        $fibers->resume($first);
        $third = $ask('third');
        $fibers->resume($second);
        $fibers->resume($third);
        $printed = ob_get_clean();

        self::assertSame(['first' => 'first begins, first ends', 'second' => 'second begins, second ends', 'third' => 'third begins, third ends'], $answers);
        self::assertSame(['a handler prints', $level], [$printed, ob_get_level()]);
        self::assertSame($outside, [$context->getHost(), $context->getBaseUrl(), $context->getPathInfo()]);
    }

    public function testLargeAnswerIsRefused(): void
    {
        $this->serve('api', ['max_body_bytes' => 40_000]);
        $this->expectException(ResponseTooLargeException::class);
        $this->api()->get('/open/streamed');
    }

    public function testRedirectionElsewhereIsNotFollowed(): void
    {
        $this->serve('api');
        $this->expectException(RedirectRefusedException::class);
        $this->expectExceptionMessage('redirects to https://evil.example, which is outside of http://example.org/app');
        $this->api()->as($this->open(new FakeHandshake('/notes', token: 'for-alice')))->get('/api/redirect');
    }

    public function testBaseUriIsTheRoutersWithoutOne(): void
    {
        $this->boot(['firewall' => 'api'], [], [], ['api' => ['mode' => 'kernel']], [NotesHandler::class]);
        self::assertSame('http://localhost', $this->api()->baseUri());

        $this->kernel->shutdown();
        $this->boot(['firewall' => 'api'], ['router' => ['utf8' => true, 'resource' => \dirname(__DIR__).'/Security/routes.yaml', 'default_uri' => 'https://chat.example.org:8443/app']], [], ['api' => ['mode' => 'kernel']], [NotesHandler::class]);
        self::assertSame('https://chat.example.org:8443/app', $this->api()->baseUri());
        self::assertSame('https://chat.example.org:8443/app/api/notes', $this->api()->get('/open/notes')->toArray()['link']);
    }

    /**
     * @param array<string, mixed> $api
     */
    private function serve(string $firewall, array $api = []): void
    {
        $this->boot(['firewall' => $firewall], [], [], ['api' => $api + ['mode' => 'kernel', 'base_uri' => 'http://example.org/app']], [NotesHandler::class]);
    }

    private function api(): ApiClient
    {
        return $this->kernel->service(NotesHandler::class)->api;
    }

    private function controller(): NotesController
    {
        return $this->kernel->service(NotesController::class);
    }
}
