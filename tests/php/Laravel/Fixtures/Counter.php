<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

final class Counter
{
    private int $count = 0;

    public function next(): int
    {
        return ++$this->count;
    }
}
