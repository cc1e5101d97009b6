<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

enum Suit: string
{
    case Hearts = 'h';
}
