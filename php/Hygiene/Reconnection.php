<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

use Psr\Log\LoggerInterface;

/**
 * Waits for a lost database to come back, with pauses that grow.
 *
 * @internal
 */
final class Reconnection
{
    private const FIRST_PAUSE = 0.05;
    private const LONGEST_PAUSE = 1.0;

    /**
     * @param float                   $timeout seconds to wait
     * @param ?\Closure(float): mixed $sleep   for tests
     */
    public function __construct(
        private readonly float $timeout,
        private readonly ?LoggerInterface $logger,
        private readonly ?\Closure $sleep = null,
    ) {
    }

    /**
     * @param string           $name     of the connection
     * @param \Closure(): bool $connects tries once
     */
    public function wait(string $name, \Closure $connects): bool
    {
        $deadline = microtime(true) + $this->timeout;

        for ($pause = self::FIRST_PAUSE; !$connects(); $pause = min(2 * $pause, self::LONGEST_PAUSE)) {
            if (microtime(true) + $pause > $deadline) {
                $this->logger?->error(sprintf('The database connection "%s" did not come back within %s s.', $name, $this->timeout), ['name' => $name, 'timeout' => $this->timeout]);

                return false;
            }

            null === $this->sleep ? usleep((int) ($pause * 1e6)) : ($this->sleep)($pause);
        }

        return true;
    }
}
