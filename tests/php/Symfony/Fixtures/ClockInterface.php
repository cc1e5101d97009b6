<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

interface ClockInterface
{
    public function now(): string;
}
