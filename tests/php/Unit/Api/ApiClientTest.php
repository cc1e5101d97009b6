<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\ApiClient;
use Ferry\Api\ApiOptions;
use Ferry\Api\BaseUri;
use Ferry\Api\Exception\RedirectRefusedException;
use Ferry\Api\Exception\TokenExpiredException;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Auth\TicketIssuer;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\LogicException;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Fixtures\Api\ScriptedTransport;
use Ferry\Tests\Fixtures\RecordingLogger;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

final class ApiClientTest extends TestCase
{
    private const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.secret-of-alice.c2lnbmF0dXJl';

    public function testRequestIsTheClients(): void
    {
        $transport = new ScriptedTransport(new Response(201, [], '{"id":5}'));
        $connection = new FakeConnection('c1', new Identity('alice', [], [], self::TOKEN), new FakeHandshake(remoteAddress: '192.0.2.7', token: 'older'));

        $response = $this->api($transport)->as($connection)->post('/api/messages', json: ['text' => 'ahoy', 'stars' => 1.0], headers: ['X-Extra' => ['a', 'b']], timeout: 2.5);

        self::assertSame([201, ['id' => 5]], [$response->status, $response->toArray()]);
        $sent = $transport->requests[0];
        $headers = $transport->headers();
        self::assertSame(['POST', 'https://example.org/api/messages', '{"text":"ahoy","stars":1.0}', 2.5, '192.0.2.7'], [$sent->method, $sent->url, $sent->body(), $sent->timeout, $sent->clientAddress]);
        self::assertSame(['Bearer '.self::TOKEN, 'application/json', 'application/json', 'a, b', '192.0.2.7', 'c1'], [$headers['authorization'], $headers['content-type'], $headers['accept'], $headers['x-extra'], $headers['x-forwarded-for'], $headers['x-socket-id']]);
        self::assertMatchesRegularExpression('/^[0-9a-f]{32}$/', $headers['x-request-id']);
        self::assertArrayNotHasKey('cookie', $headers);
        self::assertTrue($connection->isOpen());
    }

    public function testEachMethodAndBody(): void
    {
        $transport = new ScriptedTransport();
        $api = $this->api($transport)->as(new FakeConnection());

        $api->get('/x', ['a' => 1]);
        $api->put('/x', body: ['field' => 'two words']);
        $api->patch('/x', body: 'raw', headers: ['Content-Type' => 'text/plain']);
        $api->delete('/x');
        $api->request('options', '/x');

        self::assertSame(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'], array_map(static fn (Request $request): string => $request->method, $transport->requests));
        self::assertSame('https://example.org/x?a=1', $transport->requests[0]->url);
        self::assertSame(['field=two+words', 'application/x-www-form-urlencoded'], [$transport->requests[1]->body(), $transport->headers(1)['content-type']]);
        self::assertSame(['raw', 'text/plain'], [$transport->requests[2]->body(), $transport->headers(2)['content-type']]);
    }

    public function testVisitorHasNoCredentials(): void
    {
        $transport = new ScriptedTransport(new Response(401));
        $visitor = new FakeConnection(handshake: new FakeHandshake(remoteAddress: 'unix:'));

        self::assertSame(401, $this->api($transport)->as($visitor)->get('/x')->status, 'an answer like any other');
        self::assertTrue($visitor->isOpen());
        self::assertSame([], array_intersect_key($transport->headers(), ['authorization' => 1, 'cookie' => 1, 'x-forwarded-for' => 1]));
    }

    public function testTokenThatNobodyHasVerifiedIsForTheApiToJudge(): void
    {
        $transport = new ScriptedTransport();
        $this->api($transport)->as(new FakeConnection(handshake: new FakeHandshake(token: 'abc')))->get('/x');

        self::assertSame('Bearer abc', $transport->headers()['authorization']);
    }

    public function testCookieOfASession(): void
    {
        $transport = new ScriptedTransport();
        $handshake = new FakeHandshake(
            headers: ['Host' => 'example.org', 'Origin' => 'https://example.org', 'Cookie' => 'SID=abc; XSRF-TOKEN=a%3Db'],
            cookies: ['SID' => 'abc', 'XSRF-TOKEN' => 'a=b'],
            token: 'junk that the firewall did not look at',
        );
        $this->api($transport)->as(new FakeConnection(identity: new Identity('alice'), handshake: $handshake))->post('/x');

        $headers = $transport->headers();
        self::assertSame(['SID=abc; XSRF-TOKEN=a%3Db', 'a=b', 'https://example.org'], [$headers['cookie'], $headers['x-xsrf-token'], $headers['origin']]);
        self::assertArrayNotHasKey('authorization', $headers);
    }

    public function testCookieOfAForeignPageIsNotSent(): void
    {
        $transport = new ScriptedTransport();
        $foreign = new FakeHandshake(headers: ['Host' => 'example.org', 'Origin' => 'https://evil.example', 'Cookie' => 'SID=abc'], cookies: ['SID' => 'abc']);
        $visitor = new FakeConnection(handshake: $foreign);

        $this->api($transport)->as($visitor)->get('/x');
        $this->api($transport, new ApiOptions(originsAreChecked: true))->as($visitor)->get('/x');

        self::assertArrayNotHasKey('cookie', $transport->headers(0));
        self::assertSame('SID=abc', $transport->headers(1)['cookie'], 'the server has let that page in by name');
    }

    public function testPasswordOfHttpBasic(): void
    {
        $transport = new ScriptedTransport();
        $this->api($transport)->as(new FakeConnection(identity: new Identity('alice'), handshake: new FakeHandshake(headers: ['Authorization' => 'Basic YTpi'])))->get('/x');

        self::assertSame('Basic YTpi', $transport->headers()['authorization']);
    }

    public function testUserOfATicketHasNothingToShow(): void
    {
        $transport = new ScriptedTransport();
        $ticket = (new TicketIssuer('a secret of the application'))->issue('alice');
        $handshakes = [
            new FakeHandshake('/chat?t='.$ticket),
            // Perhaps somebody else's.
            new FakeHandshake('/chat?t='.$ticket, ['Cookie' => 'SID=x'], ['SID' => 'x']),
            new FakeHandshake('/chat', ['Cookie' => 'SID=x'], ['SID' => 'x'], token: $ticket),
        ];

        foreach ($handshakes as $handshake) {
            try {
                $this->api($transport)->as(new FakeConnection(identity: new Identity('alice'), handshake: $handshake))->get('/x');
                self::fail('It was sent.');
            } catch (LogicException $e) {
                self::assertStringContainsString('The user "alice" connected with neither a token nor a cookie', $e->getMessage());
            }
        }

        self::assertSame([], $transport->requests);
    }

    public function testRequestIdOfTheHandshakeOrANewOnePerMessage(): void
    {
        $transport = new ScriptedTransport();
        $api = $this->api($transport);
        $traced = new FakeConnection(handshake: new FakeHandshake(headers: ['X-Request-Id' => 'trace-1']));
        $untraced = new FakeConnection(handshake: new FakeHandshake(headers: ['X-Request-Id' => "no good\x01"]));

        $api->as($traced)->get('/x');
        $message = $api->as($untraced);
        $message->get('/x');
        $message->get('/x');
        $api->as($untraced)->get('/x');
        $api->as($untraced)->get('/x', headers: ['X-Request-Id' => 'mine']);
        $ids = array_map(static fn (int $number): string => $transport->headers($number)['x-request-id'], range(0, 4));

        self::assertSame(['trace-1', 'mine'], [$ids[0], $ids[4]]);
        self::assertSame([$ids[1], $message->requestId()], [$ids[2], $ids[1]]);
        self::assertNotSame($ids[1], $ids[3]);
    }

    public function testHeaderOfTheClientsAddress(): void
    {
        $transport = new ScriptedTransport();
        $connection = new FakeConnection(handshake: new FakeHandshake(remoteAddress: '2001:db8::1'));
        $this->api($transport, new ApiOptions(forwarded: 'forwarded'))->as($connection)->get('/x');
        $this->api($transport, new ApiOptions(forwarded: 'none'))->as($connection)->get('/x');

        self::assertSame('for="[2001:db8::1]"', $transport->headers(0)['forwarded']);
        self::assertSame([], array_intersect_key($transport->headers(0) + $transport->headers(1), ['x-forwarded-for' => 1]));
    }

    public function testWithoutAConnectionHeadersAreTheCallers(): void
    {
        $transport = new ScriptedTransport(new Response(401));

        self::assertSame(401, $this->api($transport, new ApiOptions(['User-Agent' => 'chat']))->get('/x', headers: ['Authorization' => 'Bearer service'])->status);
        self::assertSame(['Bearer service', 'chat'], [$transport->headers()['authorization'], $transport->headers()['user-agent']]);
        self::assertArrayNotHasKey('x-request-id', $transport->headers());
    }

    /**
     * @dataProvider badArguments
     *
     * @param array<string, mixed> $arguments
     */
    #[DataProvider('badArguments')]
    public function testBadArgumentsAreNamedAndNothingIsSent(array $arguments, string $message): void
    {
        $transport = new ScriptedTransport();

        try {
            $this->api($transport)->as(new FakeConnection(identity: new Identity('alice', token: self::TOKEN)))->request(...$arguments + ['method' => 'POST', 'path' => '/x']);
            self::fail('It was sent.');
        } catch (InvalidArgumentException $e) {
            self::assertStringContainsString($message, $e->getMessage());
        }

        self::assertSame([], $transport->requests);
    }

    /**
     * @return iterable<string, array{array<string, mixed>, string}>
     */
    public static function badArguments(): iterable
    {
        yield 'method' => [['method' => "GET /\r\n"], 'Argument $method must be the name of a method in capitals'];
        yield 'empty method' => [['method' => ''], 'Argument $method'];
        yield 'other host' => [['path' => 'https://evil.example/'], 'Argument $path must be a path below https://example.org, "https://evil.example/" given: it is an URL of another origin'];
        yield 'json and body' => [['json' => [], 'body' => ''], 'Arguments $json and $body must not be given together'];
        yield 'timeout' => [['timeout' => 0.0], 'Argument $timeout must be more than 0'];
        yield 'endless timeout' => [['timeout' => \INF], 'Argument $timeout'];
        yield 'name of a header' => [['headers' => ["X:\n" => 'a']], 'Argument $headers must have names of headers as keys'];
        yield 'line in a header' => [['headers' => ['X-A' => "a\r\nX-B: b"]], 'Argument $headers must have no control characters, and "x-a" has some'];
        yield 'object in a header' => [['headers' => ['X-A' => [[]]]], 'strings or lists of strings, array given for "x-a"'];
        yield 'host' => [['headers' => ['Host' => 'evil.example']], 'Argument $headers must not have "host"'];
        yield 'another token' => [['headers' => ['AUTHORIZATION' => 'Bearer x']], 'Argument $headers must not have "authorization": what says who the client is comes from the connection'];
        yield 'another address' => [['headers' => ['X-Forwarded-For' => '127.0.0.1']], 'Argument $headers must not have "x-forwarded-for"'];
    }

    public function testAnswerOf401ClosesTheConnection(): void
    {
        $transport = new ScriptedTransport(new Response(401));
        $connection = new FakeConnection(identity: new Identity('alice', token: self::TOKEN));

        try {
            $this->api($transport)->as($connection)->get('/x');
            self::fail('No exception was thrown.');
        } catch (TokenExpiredException $e) {
            self::assertSame(['unauthenticated', 'The token has expired.'], [$e->errorFrame()->code, $e->errorFrame()->message]);
        }

        self::assertSame([4401, 'token expired'], [$connection->closeCode(), $connection->closeReason()]);
        self::assertCount(1, $transport->requests);
    }

    public function testCloseCodeIsTheConfiguredOne(): void
    {
        $connection = new FakeConnection(identity: new Identity('alice'), handshake: new FakeHandshake(headers: ['Cookie' => 'SID=x']));

        try {
            $this->api(new ScriptedTransport(new Response(401)), new ApiOptions(expiredCloseCode: 4001))->as($connection)->get('/x');
            self::fail('No exception was thrown.');
        } catch (TokenExpiredException) {
        }

        self::assertSame([4001, 'session expired'], [$connection->closeCode(), $connection->closeReason()]);
    }

    public function testExpiredTokenIsNotSent(): void
    {
        $transport = new ScriptedTransport();
        $connection = new FakeConnection(identity: new Identity('alice', token: self::TOKEN, expiresAt: time()));

        try {
            $this->api($transport)->as($connection)->get('/x');
            self::fail('No exception was thrown.');
        } catch (TokenExpiredException) {
        }

        self::assertSame([[], 4401], [$transport->requests, $connection->closeCode()]);
    }

    public function testRenewedTokenIsUsedFromThenOn(): void
    {
        $connection = new FakeConnection(identity: new Identity('alice', token: 'old', expiresAt: time() - 5), verifier: static fn (string $jwt): Identity => new Identity('alice', token: $jwt));
        $transport = new ScriptedTransport();
        $api = $this->api($transport)->as($connection);
        $connection->authenticate('new');
        $api->get('/x');

        self::assertSame('Bearer new', $transport->headers()['authorization']);
    }

    public function testTokenThatWasRenewedWhileTheRequestWasOnItsWay(): void
    {
        $connection = new FakeConnection(identity: new Identity('alice', token: 'old'), verifier: static fn (string $jwt): Identity => new Identity('alice', token: $jwt));
        $transport = new ScriptedTransport(static function () use ($connection): Response {
            $connection->authenticate('new');

            return new Response(401);
        }, new Response(204));

        self::assertSame(204, $this->api($transport)->as($connection)->post('/x')->status);
        self::assertSame(['Bearer old', 'Bearer new'], [$transport->headers(0)['authorization'], $transport->headers(1)['authorization']]);
        self::assertTrue($connection->isOpen());
    }

    public function testRedirectionInsideIsFollowedAsTheRequestWas(): void
    {
        $connection = new FakeConnection(identity: new Identity('alice', token: self::TOKEN));
        $transport = new ScriptedTransport(new Response(307, ['location' => ['/y']]), new Response(303, ['location' => ['z']]), new Response(200, [], 'done'));
        $response = $this->api($transport)->as($connection)->post('/x', json: ['a' => 1]);

        self::assertSame('done', $response->getContent());
        self::assertSame(
            [['POST', 'https://example.org/x', '{"a":1}'], ['POST', 'https://example.org/y', '{"a":1}'], ['GET', 'https://example.org/z', '']],
            array_map(static fn (Request $request): array => [$request->method, $request->url, $request->body()], $transport->requests),
        );
        self::assertSame('Bearer '.self::TOKEN, $transport->headers(2)['authorization']);
        self::assertArrayNotHasKey('content-type', $transport->headers(2));
    }

    /**
     * @testWith ["https://evil.example/x"]
     *           ["//evil.example/x"]
     *           ["http://example.org/app/x"]
     *           ["https://example.org:8443/app/x"]
     *           ["https://example.org@evil.example/"]
     *           ["/login"]
     *           ["../../x"]
     *           ["/app/%2e%2e/x"]
     */
    #[\PHPUnit\Framework\Attributes\TestWith(['https://evil.example/x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['//evil.example/x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['http://example.org/app/x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://example.org:8443/app/x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['https://example.org@evil.example/'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['/login'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['../../x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['/app/%2e%2e/x'])]
    public function testRedirectionElsewhereIsNotFollowed(string $location): void
    {
        $transport = new ScriptedTransport(new Response(302, ['location' => [$location]]));
        $api = new ApiClient($transport, new BaseUri('https://example.org/app'));

        try {
            $api->as(new FakeConnection(identity: new Identity('alice', token: self::TOKEN)))->get('/x');
            self::fail('It was followed.');
        } catch (RedirectRefusedException $e) {
            self::assertStringContainsString('which is outside of https://example.org/app', $e->getMessage());
        }

        self::assertCount(1, $transport->requests);
    }

    public function testRedirectionsAreCounted(): void
    {
        $again = static fn (): Response => new Response(302, ['location' => ['/x']]);
        $transport = new ScriptedTransport(...array_fill(0, 9, $again));

        self::assertSame(302, $this->api($transport, new ApiOptions(maxRedirects: 0))->get('/x')->status);
        $this->expectException(RedirectRefusedException::class);
        $this->expectExceptionMessage('redirects again after 3 redirections');
        $this->api($transport)->get('/x');
    }

    public function testTokenIsNowhereToBeSeen(): void
    {
        $transport = new ScriptedTransport(new Response(200, ['set-cookie' => ['SID='.self::TOKEN]]), new Response(401));
        $logger = new RecordingLogger();
        $api = (new ApiClient($transport, new BaseUri('https://example.org'), new ApiOptions(), $logger))->as(new FakeConnection(identity: new Identity('alice', token: self::TOKEN), handshake: new FakeHandshake(token: self::TOKEN)));
        $response = $api->get('/x');

        try {
            $api->get('/x');
            self::fail('No exception was thrown.');
        } catch (TokenExpiredException $e) {
        }

        $request = $transport->requests[0];
        self::assertStringContainsString(self::TOKEN, $transport->headers()['authorization']);
        ob_start();
        var_dump($request, $response, $api);
        $dumps = ob_get_clean().print_r([$request, $response, $api], true).$e.var_export($logger, true);
        // What reads properties in spite of __debugInfo().
        $dumps .= var_export([(array) (new Request('GET', 'https://example.org/', ['authorization' => 'Bearer '.self::TOKEN])), json_encode($request)], true);

        self::assertStringNotContainsString('secret-of-alice', $dumps);
        self::assertStringContainsString('does not take the', $dumps, 'the log is among it');
        $this->expectException(\LogicException::class);
        serialize($request);
    }

    private function api(ScriptedTransport $transport, ?ApiOptions $options = null): ApiClient
    {
        return new ApiClient($transport, new BaseUri('https://example.org'), $options ?? new ApiOptions());
    }
}
