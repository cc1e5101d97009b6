<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Api;

use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Request;

/**
 * For transports that know timeouts; PSR-18 does not.
 */
trait TimeoutTests
{
    public function testNoAnswerInTime(): void
    {
        $this->expectException(TimeoutException::class);
        $this->transport(1000)->send(new Request('POST', self::$server->url.'/slow?ms=1000', [], 'x', 0.2));
    }
}
