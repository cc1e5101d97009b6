<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Api;

use Ferry\Api\Exception\ApiException;
use Ferry\Api\Exception\ClientException;
use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Exception\DecodingException;
use Ferry\Api\Exception\RedirectionException;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\ServerException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request;
use Ferry\Api\Transport\TransportInterface;
use PHPUnit\Framework\TestCase;

/**
 * What every transport does, against a real server.
 */
abstract class TransportTestCase extends TestCase
{
    protected static ?ApiServer $server = null;

    public static function setUpBeforeClass(): void
    {
        self::$server = new ApiServer();
    }

    public static function tearDownAfterClass(): void
    {
        self::$server = null;
    }

    abstract protected function transport(int $maxBodyBytes): TransportInterface;

    protected function knowsWhatWasSent(): bool
    {
        return true;
    }

    public function testRequestAndAnswerArriveWhole(): void
    {
        $response = $this->transport(100_000)->send(new Request('PATCH', self::$server->url.'/echo?a=b%20c', ['X-Two' => ['one', 'two'], 'Authorization' => 'Bearer t', 'Content-Type' => 'text/plain'], "\x00\xff body"));
        $seen = $response->toArray();

        self::assertSame([200, 'PATCH', '/echo?a=b%20c', "\x00\xff body"], [$response->status, $seen['method'], $seen['uri'], base64_decode($seen['body'])]);
        self::assertSame(['one, two', 'Bearer t', '7'], [$seen['headers']['x-two'], $seen['headers']['authorization'], $seen['headers']['content-length']]);
        self::assertSame('application/json', $response->header('Content-Type'));

        $text = $this->transport(100_000)->send(new Request('GET', self::$server->url.'/text'));
        self::assertSame(['one', 'two'], $text->headers['x-two']);
        $this->expectException(DecodingException::class);
        $text->toArray();
    }

    public function testErrorsAreAnswersAndRedirectionsAreNotFollowed(): void
    {
        $url = self::$server->url;

        foreach ([404 => ClientException::class, 503 => ServerException::class] as $status => $exception) {
            $response = $this->transport(1000)->send(new Request('GET', $url.'/status/'.$status.'?secret=1'));
            self::assertSame(['status' => $status], $response->toArray(false));

            try {
                $response->toArray();
                self::fail('No exception was thrown.');
            } catch (ApiException $e) {
                self::assertSame([$exception, $status, $response], [$e::class, $e->getCode(), $e->response]);
                self::assertStringNotContainsString('secret', $e->getMessage());
            }
        }

        $response = $this->transport(1000)->send(new Request('GET', $url.'/redirect?to=/echo'));
        self::assertSame([302, '/echo'], [$response->status, $response->header('location')]);
        $this->expectException(RedirectionException::class);
        $response->getContent();
    }

    public function testLargeAnswerIsRefused(): void
    {
        self::assertSame(1000, \strlen($this->transport(1000)->send(new Request('GET', self::$server->url.'/large?bytes=1000'))->getContent()));
        $this->expectException(ResponseTooLargeException::class);
        $this->transport(1000)->send(new Request('GET', self::$server->url.'/large?bytes=300000'));
    }

    public function testNobodyThere(): void
    {
        $this->expectException($this->knowsWhatWasSent() ? ConnectException::class : TransportException::class);
        $this->expectExceptionMessageMatches('~^(?!.*secret)(?!.*hidden).*http://127~');
        $this->transport(1000)->send(new Request('GET', ApiServer::closedPort().'/x?secret=1', ['authorization' => 'Bearer hidden']));
    }

    public function testAnswerThatEndsEarly(): void
    {
        $this->expectException(TransportException::class);
        $this->transport(1000)->send(new Request('GET', self::$server->url.'/short'));
    }
}
