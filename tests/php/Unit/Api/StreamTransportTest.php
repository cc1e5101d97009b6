<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Credentials;
use Ferry\Api\Request;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Exception\InvalidArgumentException;
use Ferry\Tests\Fixtures\Api\ApiServer;
use Ferry\Tests\Fixtures\Api\TimeoutTests;
use Ferry\Tests\Fixtures\Api\TransportTestCase;
use PHPUnit\Framework\Attributes\DataProvider;

final class StreamTransportTest extends TransportTestCase
{
    use TimeoutTests;

    protected function transport(int $maxBodyBytes): TransportInterface
    {
        return new StreamTransport($maxBodyBytes);
    }

    /**
     * Request and Credentials let nothing of it through: what is told here is that nothing is sent if they ever do.
     *
     * @dataProvider lineBreaks
     *
     * @param array<string, mixed> $broken properties of the request, and 'credentials' with headers by name
     */
    #[DataProvider('lineBreaks')]
    public function testLineBreaksAreNotSent(array $broken, string $named): void
    {
        $request = new Request('GET', ApiServer::closedPort().'/x');

        if (isset($broken['credentials'])) {
            $request = $request->withCredentials(self::credentials($broken['credentials']));
        } else {
            $request = self::withProperties($request, $broken);
        }

        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage($named);
        $this->transport(1000)->send($request);
    }

    /**
     * @return iterable<string, array{array<string, mixed>, string}>
     */
    public static function lineBreaks(): iterable
    {
        yield 'in a value' => [['credentials' => ['authorization' => ["Bearer x\r\nX-Admin: 1"]]], 'The header "authorization"'];
        yield 'in the second value' => [['credentials' => ['cookie' => ['a=b', "c=d\n"]]], 'The header "cookie"'];
        yield 'in a name' => [['credentials' => ["x-a\rX-Admin" => ['1']]], 'The header "x-a?X-Admin"'];
        yield 'null byte' => [['credentials' => ['cookie' => ["a\0b"]]], 'The header "cookie"'];
        yield 'in the method' => [['method' => "GET / HTTP/1.1\r\nX-Admin: 1\r\n"], 'The method'];
        yield 'in the URL' => [['url' => "http://127.0.0.1:9/x\r\nX-Admin: 1"], 'The URL'];
    }

    /**
     * @param array<string, list<string>> $headers
     */
    private static function credentials(array $headers): Credentials
    {
        return \Closure::bind(static fn (): Credentials => new Credentials($headers, 'token', null), null, Credentials::class)();
    }

    /**
     * @param array<string, mixed> $properties
     */
    private static function withProperties(Request $request, array $properties): Request
    {
        $class = new \ReflectionClass(Request::class);
        $other = $class->newInstanceWithoutConstructor();

        foreach ($class->getProperties() as $property) {
            $property->setValue($other, $properties[$property->name] ?? $property->getValue($request));
        }

        return $other;
    }
}
