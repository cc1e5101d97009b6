<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Transport\StreamTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Tests\Fixtures\Api\TimeoutTests;
use Ferry\Tests\Fixtures\Api\TransportTestCase;

final class StreamTransportTest extends TransportTestCase
{
    use TimeoutTests;

    protected function transport(int $maxBodyBytes): TransportInterface
    {
        return new StreamTransport($maxBodyBytes);
    }
}
