<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Transport\RetryingTransport;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Tests\Fixtures\Api\ScriptedTransport;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * What is the same for all transports.
 */
final class TransportsTest extends TestCase
{
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
