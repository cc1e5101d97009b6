<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\HttpClient;

use Ferry\Api\Transport\StreamTransport;
use Ferry\Bridge\Symfony\HttpClient\FerryHttpClient;
use PHPUnit\Framework\Attributes\RequiresPhpExtension;
use Symfony\Component\HttpClient\Exception\InvalidArgumentException;
use Symfony\Contracts\HttpClient\Exception\TimeoutExceptionInterface;
use Symfony\Contracts\HttpClient\HttpClientInterface;
use Symfony\Contracts\HttpClient\Test\HttpClientTestCase;

/**
 * What Symfony expects of every HttpClientInterface. The methods below stand in the place of Symfony's own: there Ferry's does
 * something else, and this is what it does.
 */
final class FerryHttpClientTest extends HttpClientTestCase
{
    /** @var resource the ports are Symfony's choice, and several test runs share a machine */
    private static $lock;

    public static function setUpBeforeClass(): void
    {
        $lock = fopen(sys_get_temp_dir().'/ferry-http-client-test', 'c');
        self::assertNotFalse($lock);
        flock($lock, \LOCK_EX);
        self::$lock = $lock;
        parent::setUpBeforeClass();
    }

    public static function tearDownAfterClass(): void
    {
        \Symfony\Contracts\HttpClient\Test\TestHttpServer::stop();
        parent::tearDownAfterClass();
        fclose(self::$lock);
    }

    protected function getHttpClient(string $testCase): HttpClientInterface
    {
        return new FerryHttpClient(new StreamTransport());
    }

    /** The transport decides. */
    public function testHttpVersion(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057', ['http_version' => 1.0]);

        self::assertSame(200, $response->getStatusCode());
        self::assertSame('HTTP/1.1 200 OK', $response->getInfo('response_headers')[0]);
    }

    /** Chunks are no longer there when the content is. */
    public function testChunkedEncoding(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057/chunked');

        self::assertArrayNotHasKey('transfer-encoding', $response->getHeaders());
        self::assertSame('Symfony is awesome!', $response->getContent());
    }

    /** No compression is asked for. */
    public function testAutoEncodingRequest(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057');

        self::assertArrayNotHasKey('content-encoding', $response->getHeaders());
        self::assertArrayNotHasKey('HTTP_ACCEPT_ENCODING', $response->toArray());
    }

    /**
     * As it is; but Symfony says what it needs in a comment, which PHPUnit will not read any more.
     *
     * @requires extension zlib
     */
    #[RequiresPhpExtension('zlib')]
    public function testUserlandEncodingRequest(): void
    {
        parent::testUserlandEncodingRequest();
    }

    /** What is compressed all the same stays so. */
    public function testGzipBroken(): void
    {
        self::assertNotSame('', $this->client()->request('GET', 'http://localhost:8057/gzip-broken')->getContent());
    }

    public function testInformationalResponseStream(): void
    {
        $kinds = [];

        foreach ($this->client()->stream($this->client()->request('GET', 'http://localhost:8057/103')) as $chunk) {
            self::assertNull($chunk->getInformationalStatus());
            $kinds[] = [$chunk->isFirst(), $chunk->getContent(), $chunk->isLast()];
        }

        self::assertSame([[true, '', false], [false, 'Here the body', false], [false, '', true]], $kinds);
    }

    public function testResolve(): void
    {
        $this->assertRefused('resolve', ['symfony.com' => '127.0.0.1']);
    }

    public function testIdnResolve(): void
    {
        $this->assertRefused('resolve', ['0-------------------------------------------------------------0.com' => '127.0.0.1']);
    }

    public function testIPv6Resolve(): void
    {
        $this->assertRefused('resolve', ['symfony.com' => '::1']);
    }

    public function testProxy(): void
    {
        $this->assertRefused('proxy', 'http://localhost:8057');
    }

    public function testNoProxy(): void
    {
        $this->assertRefused('no_proxy', 'example.com, localhost');
    }

    public function testBindToPort(): void
    {
        $this->assertRefused('bindto', '127.0.0.1:9876');
    }

    public function testBindToPortV6(): void
    {
        $this->assertRefused('bindto', '[::1]:9876');
    }

    /** Of symfony/http-client 8. */
    public function testMaxConnectDuration(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('max_connect_duration');
        $this->client()->request('GET', 'http://localhost:8057/', ['max_connect_duration' => 10.0]);
    }

    public function testMaxConnectDurationInfo(): void
    {
        self::assertNull($this->client()->request('GET', 'http://localhost:8057/')->getInfo('max_connect_duration'));
    }

    /** The option "timeout" is for all of a request, and when it is over the request is. */
    public function testTimeoutIsNotAFatalError(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057/timeout-body', ['timeout' => 0.25]);

        for ($i = 0; $i < 2; ++$i) {
            try {
                $response->getContent();
                self::fail('No exception was thrown.');
            } catch (TimeoutExceptionInterface) {
            }
        }

        self::assertNotNull($response->getInfo('error'));
    }

    public function testTimeoutOnStream(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057/timeout-body', ['timeout' => 0.25]);

        foreach ($this->client()->stream($response) as $chunk) {
            self::assertTrue($chunk->isTimeout());
        }

        $this->expectException(TimeoutExceptionInterface::class);
        $response->getContent();
    }

    public function testTimeoutWithActiveConcurrentStream(): void
    {
        $responses = [
            $this->client()->request('GET', 'http://localhost:8057/timeout-body', ['timeout' => 0.25]),
            $this->client()->request('GET', 'http://localhost:8057/404'),
        ];
        $timeouts = [];

        foreach ($this->client()->stream($responses) as $response => $chunk) {
            $timeouts[] = [array_search($response, $responses, true), $chunk->isTimeout()];

            if (!$chunk->isTimeout() && $chunk->isFirst()) {
                self::assertSame(404, $response->getStatusCode());
            }
        }

        self::assertSame([[0, true], [1, false], [1, false], [1, false]], $timeouts);
    }

    public function testTimeoutOnInitialize(): void
    {
        $this->testTimeoutIsNotAFatalError();
    }

    public function testTimeoutOnDestruct(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057/timeout-body', ['timeout' => 0.25]);
        $this->expectException(TimeoutExceptionInterface::class);
        unset($response);
    }

    /** A response that nobody has asked for is waited for with its content. */
    public function testDestruct(): void
    {
        $response = $this->client()->request('GET', 'http://localhost:8057/404');
        $this->expectException(\Symfony\Contracts\HttpClient\Exception\ClientExceptionInterface::class);
        unset($response);
    }

    private function client(): HttpClientInterface
    {
        return $this->getHttpClient('');
    }

    private function assertRefused(string $option, mixed $value): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage(sprintf('The option "%s" is not taken by', $option));
        $this->client()->request('GET', 'http://localhost:8057/', [$option => $value]);
    }
}
