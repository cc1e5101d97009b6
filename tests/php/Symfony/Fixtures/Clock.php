<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

class Clock implements ClockInterface
{
    public function now(): string
    {
        return 'noon';
    }
}
