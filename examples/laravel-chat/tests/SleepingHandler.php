<?php

declare(strict_types=1);

namespace Tests;

use Ferry\Attribute\OnMessage;

/**
 * A handler that blocks, in the environment "testing" only.
 */
final class SleepingHandler
{
    private const SECONDS = 30;

    private readonly string $folder;

    public function __construct()
    {
        $this->folder = storage_path();
    }

    /**
     * Returns when there is a file "wake" in the folder, and makes a file "asleep" first. Nothing else runs in PHP meanwhile.
     *
     * @return array{woken: bool}
     */
    #[OnMessage('sleep')]
    public function sleep(): array
    {
        touch($this->folder.'/asleep');
        $deadline = microtime(true) + self::SECONDS;

        while (!($woken = is_file($this->folder.'/wake')) && microtime(true) < $deadline) {
            usleep(10_000);
            clearstatcache();
        }

        return ['woken' => $woken];
    }
}
