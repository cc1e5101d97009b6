<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;
use Psr\Log\LoggerInterface;

/**
 * Stops the server when ws:restart has been run since it started.
 */
final class RestartListener extends Listener
{
    private ?string $stamp = null;

    private bool $reachable = true;

    public function __construct(private readonly RestartSignal $signal, private readonly LoggerInterface $logger)
    {
    }

    public function started(Runner $runner, string $address): void
    {
        $this->stamp = $this->read() ?? $this->stamp;
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        $stamp = $this->read();

        if (null !== $stamp && $stamp !== $this->stamp) {
            $runner->stop('restart requested');
        }
    }

    /** A cache that is down for a while is no reason to stop serving. */
    private function read(): ?string
    {
        try {
            $stamp = $this->signal->stamp();
            $this->reachable = true;

            return $stamp;
        } catch (\Throwable $e) {
            if ($this->reachable) {
                $this->logger->warning('The cache cannot be asked whether ws:restart was run: '.$e->getMessage(), ['exception' => $e]);
            }

            $this->reachable = false;

            return $this->stamp;
        }
    }
}
