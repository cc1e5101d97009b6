<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Connection;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;
use Psr\Log\LoggerInterface;

/**
 * Closes connections whose token was revoked by another process: all are looked at in turn, a few at a time, so that the
 * handlers never wait for longer than a slice.
 */
final class RevocationWatch extends Listener
{
    /** Tokens that the cache pool is asked for at once. */
    private const CHUNK = 50;

    /** @var list<Connection> to look at in this round */
    private array $left = [];

    private float $nextRound = 0.0;

    /** Told once, until it works again. */
    private bool $failing = false;

    /**
     * @param float $interval seconds from one round to the next, at least
     * @param float $slice    seconds per tick, of which there is one per second
     */
    public function __construct(
        private readonly ConnectionRegistry $registry,
        private readonly RevokedTokens $revoked,
        private readonly ?LoggerInterface $logger = null,
        private readonly float $interval = 5.0,
        private readonly float $slice = 0.005,
    ) {
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        $now = hrtime(true) / 1e9;

        if ([] === $this->left) {
            if ($now < $this->nextRound) {
                return;
            }

            $this->left = $this->registry->all();
            $this->nextRound = $now + $this->interval;
        }

        try {
            do {
                $this->registry->closeRevoked(array_splice($this->left, -self::CHUNK), $this->revoked);
            } while ([] !== $this->left && hrtime(true) / 1e9 < $now + $this->slice);

            $this->failing = false;
        } catch (\Throwable $e) {
            $this->left = [];

            if (!$this->failing) {
                $this->failing = true;
                $this->logger?->warning('Whether tokens were revoked cannot be found out: {message}', ['message' => $e->getMessage(), 'exception' => $e]);
            }
        }
    }
}
