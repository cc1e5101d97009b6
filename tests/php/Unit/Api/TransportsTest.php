<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Exception\ApiException;
use Ferry\Api\Exception\ClientException;
use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Exception\DecodingException;
use Ferry\Api\Exception\RedirectionException;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\ServerException;
use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Psr18Client;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Transport\HttpClientTransport;
use Ferry\Api\Transport\Psr18Transport;
use Ferry\Api\Transport\RetryingTransport;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Tests\Fixtures\Api\ApiServer;
use Ferry\Tests\Fixtures\Api\ScriptedTransport;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpClient\HttpClient;

/**
 * Each transport against a real server.
 */
final class TransportsTest extends TestCase
{
    private static ?ApiServer $server = null;

    public static function setUpBeforeClass(): void
    {
        self::$server = new ApiServer();
    }

    public static function tearDownAfterClass(): void
    {
        self::$server = null;
    }

    /**
     * @return iterable<string, array{\Closure(int): TransportInterface}>
     */
    public static function transports(): iterable
    {
        yield 'streams' => [static fn (int $max): TransportInterface => new StreamTransport($max)];
        yield 'symfony/http-client' => [static fn (int $max): TransportInterface => new HttpClientTransport(HttpClient::create(), $max)];
        yield 'PSR-18' => [static fn (int $max): TransportInterface => new Psr18Transport(new Psr18Client(new StreamTransport()), maxBodyBytes: $max)];
    }

    /**
     * @dataProvider transports
     */
    #[DataProvider('transports')]
    public function testRequestAndAnswerArriveWhole(\Closure $transport): void
    {
        $response = $transport(100_000)->send(new Request('PATCH', self::$server->url.'/echo?a=b%20c', ['X-Two' => ['one', 'two'], 'Authorization' => 'Bearer t', 'Content-Type' => 'text/plain'], "\x00\xff body"));
        $seen = $response->toArray();

        self::assertSame([200, 'PATCH', '/echo?a=b%20c', "\x00\xff body"], [$response->status, $seen['method'], $seen['uri'], base64_decode($seen['body'])]);
        self::assertSame(['one, two', 'Bearer t', '7'], [$seen['headers']['x-two'], $seen['headers']['authorization'], $seen['headers']['content-length']]);
        self::assertSame('application/json', $response->header('Content-Type'));

        $text = $transport(100_000)->send(new Request('GET', self::$server->url.'/text'));
        self::assertSame(['one', 'two'], $text->headers['x-two']);
        $this->expectException(DecodingException::class);
        $text->toArray();
    }

    /**
     * @dataProvider transports
     */
    #[DataProvider('transports')]
    public function testErrorsAreAnswersAndRedirectionsAreNotFollowed(\Closure $transport): void
    {
        $url = self::$server->url;

        foreach ([404 => ClientException::class, 503 => ServerException::class] as $status => $exception) {
            $response = $transport(1000)->send(new Request('GET', $url.'/status/'.$status.'?secret=1'));
            self::assertSame(['status' => $status], $response->toArray(false));

            try {
                $response->toArray();
                self::fail('No exception was thrown.');
            } catch (ApiException $e) {
                self::assertSame([$exception, $status, $response], [$e::class, $e->getCode(), $e->response]);
                self::assertStringNotContainsString('secret', $e->getMessage());
            }
        }

        $response = $transport(1000)->send(new Request('GET', $url.'/redirect?to=/echo'));
        self::assertSame([302, '/echo'], [$response->status, $response->header('location')]);
        $this->expectException(RedirectionException::class);
        $response->getContent();
    }

    /**
     * @dataProvider transports
     */
    #[DataProvider('transports')]
    public function testLargeAnswerIsRefused(\Closure $transport): void
    {
        self::assertSame(1000, \strlen($transport(1000)->send(new Request('GET', self::$server->url.'/large?bytes=1000'))->getContent()));
        $this->expectException(ResponseTooLargeException::class);
        $transport(1000)->send(new Request('GET', self::$server->url.'/large?bytes=300000'));
    }

    /**
     * @dataProvider transports
     */
    #[DataProvider('transports')]
    public function testNobodyThere(\Closure $transport): void
    {
        $psr = $transport(1) instanceof Psr18Transport;
        $this->expectException($psr ? TransportException::class : ConnectException::class);
        $this->expectExceptionMessageMatches('~^(?!.*secret)(?!.*hidden).*http://127~');
        $transport(1000)->send(new Request('GET', ApiServer::closedPort().'/x?secret=1', ['authorization' => 'Bearer hidden']));
    }

    /**
     * @return iterable<string, array{\Closure(int): TransportInterface}> PSR-18 knows no timeouts
     */
    public static function transportsWithTimeouts(): iterable
    {
        return array_diff_key([...self::transports()], ['PSR-18' => true]);
    }

    /**
     * @dataProvider transportsWithTimeouts
     */
    #[DataProvider('transportsWithTimeouts')]
    public function testNoAnswerInTime(\Closure $transport): void
    {
        $this->expectException(TimeoutException::class);
        $transport(1000)->send(new Request('POST', self::$server->url.'/slow?ms=1000', [], 'x', 0.2));
    }

    /**
     * @dataProvider transports
     */
    #[DataProvider('transports')]
    public function testAnswerThatEndsEarly(\Closure $transport): void
    {
        $this->expectException(TransportException::class);
        $transport(1000)->send(new Request('GET', self::$server->url.'/short'));
    }

    /**
     * @testWith ["file:///etc/passwd"]
     *           ["/x"]
     *           ["http://user:pass@127.0.0.1/"]
     *           ["http://127.0.0.1/ HTTP/1.0\r\nX: y"]
     */
    #[\PHPUnit\Framework\Attributes\TestWith(['file:///etc/passwd'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['/x'])]
    #[\PHPUnit\Framework\Attributes\TestWith(['http://user:pass@127.0.0.1/'])]
    #[\PHPUnit\Framework\Attributes\TestWith(["http://127.0.0.1/ HTTP/1.0\r\nX: y"])]
    public function testOnlyUrlsOfWebServers(string $url): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('Argument $url must be an absolute URL');
        new Request('GET', $url);
    }

    public function testRequestThatDidNotArriveIsSentAgain(): void
    {
        $pauses = [];
        $sleep = static function (float $seconds) use (&$pauses): void { $pauses[] = $seconds; };
        $transport = new ScriptedTransport(new ConnectException('refused'), new ConnectException('refused'), new Response(200));

        self::assertSame(200, (new RetryingTransport($transport, 2, null, $sleep))->send(new Request('PUT', 'http://127.0.0.1/'))->status);
        self::assertCount(3, $transport->requests);
        self::assertGreaterThanOrEqual(0.075, $pauses[0]);
        self::assertLessThanOrEqual(0.125, $pauses[0]);
        self::assertGreaterThanOrEqual(0.15, $pauses[1]);
    }

    /**
     * @dataProvider notRetried
     */
    #[DataProvider('notRetried')]
    public function testNothingElseIsSentAgain(string $method, \Throwable|Response $answer): void
    {
        $transport = new ScriptedTransport($answer);

        try {
            $response = (new RetryingTransport($transport, 2, null, static function (): void {}))->send(new Request($method, 'http://127.0.0.1/'));
            self::assertSame($answer, $response);
        } catch (TransportException $e) {
            self::assertSame($answer, $e);
        }

        self::assertCount(1, $transport->requests);
    }

    /**
     * @return iterable<string, array{string, \Throwable|Response}>
     */
    public static function notRetried(): iterable
    {
        yield 'POST' => ['POST', new ConnectException('refused')];
        yield 'PATCH' => ['PATCH', new ConnectException('refused')];
        yield 'late' => ['GET', new TimeoutException('late')];
        yield 'broken' => ['GET', new TransportException('broken')];
        yield 'error' => ['GET', new Response(503)];
    }

    public function testRetriesAreBounded(): void
    {
        $transport = new ScriptedTransport(...array_fill(0, 9, new ConnectException('refused')));

        try {
            (new RetryingTransport($transport, 2, null, static function (): void {}))->send(new Request('GET', 'http://127.0.0.1/'));
            self::fail('No exception was thrown.');
        } catch (ConnectException) {
        }

        self::assertCount(3, $transport->requests);
    }
}
