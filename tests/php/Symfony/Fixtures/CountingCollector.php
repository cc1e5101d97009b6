<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\DataCollector\DataCollector;

/**
 * As much of Doctrine's data collector as is asked for.
 */
final class CountingCollector extends DataCollector
{
    public static int $seen = 0;

    public function collect(Request $request, Response $response, ?\Throwable $exception = null): void
    {
        $this->data = ['queries' => self::$seen];
    }

    public function reset(): void
    {
        $this->data = [];
    }

    public function getName(): string
    {
        return 'db';
    }

    public function getQueryCount(): int
    {
        return $this->data['queries'];
    }

    public function getTime(): float
    {
        return 0.25;
    }
}
