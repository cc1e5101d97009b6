<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;

final class RecordingListener extends Listener
{
    /** @var list<array<mixed>> */
    public array $calls = [];

    public function started(Runner $runner, string $address): void
    {
        $this->calls[] = ['started', $address];
    }

    public function handled(Runner $runner, string $event, float $seconds): void
    {
        $this->calls[] = ['handled', $event];
    }

    public function slow(Runner $runner, string $event, float $seconds): void
    {
        $this->calls[] = ['slow', $event];
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        $this->calls[] = ['failed', $error->getMessage()];
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        $this->calls[] = ['ticked', $progress->connections];
    }

    public function stopped(Runner $runner, ?string $reason): void
    {
        $this->calls[] = ['stopped', $reason];
    }
}
