<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

enum Mood: string
{
    case Calm = 'calm';
    case Stormy = 'stormy';
}
