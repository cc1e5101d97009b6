<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Transport\HttpClientTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Tests\Fixtures\Api\TimeoutTests;
use Ferry\Tests\Fixtures\Api\TransportTestCase;
use Symfony\Component\HttpClient\HttpClient;

final class HttpClientTransportTest extends TransportTestCase
{
    use TimeoutTests;

    protected function transport(int $maxBodyBytes): TransportInterface
    {
        return new HttpClientTransport(HttpClient::create(), $maxBodyBytes);
    }
}
