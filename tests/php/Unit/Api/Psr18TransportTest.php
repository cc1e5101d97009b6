<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Api;

use Ferry\Api\Psr18Client;
use Ferry\Api\Transport\Psr18Transport;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Tests\Fixtures\Api\TransportTestCase;

final class Psr18TransportTest extends TransportTestCase
{
    protected function transport(int $maxBodyBytes): TransportInterface
    {
        return new Psr18Transport(new Psr18Client(new StreamTransport()), maxBodyBytes: $maxBodyBytes);
    }

    /** PSR-18 does not tell. */
    protected function knowsWhatWasSent(): bool
    {
        return false;
    }
}
