<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Handler;

enum Level: string
{
    case Low = 'low';
    case High = 'high';
}
