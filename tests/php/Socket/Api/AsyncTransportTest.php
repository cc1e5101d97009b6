<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket\Api;

use Ferry\Api\Transport\AsyncTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Tests\Fixtures\Api\TimeoutTests;
use Ferry\Tests\Fixtures\Api\TransportTestCase;
use Ferry\Tests\Fixtures\Extension;

final class AsyncTransportTest extends TransportTestCase
{
    use TimeoutTests;

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    protected function transport(int $maxBodyBytes): TransportInterface
    {
        return new AsyncTransport(['max_body_bytes' => $maxBodyBytes]);
    }
}
