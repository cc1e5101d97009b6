<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Driver\Connection;
use Doctrine\DBAL\Driver\Middleware\AbstractConnectionMiddleware;

/**
 * A connection that says when its transactions begin and end. With the return types of DBAL 4, which DBAL 3 takes too.
 *
 * @internal
 */
final class TransactionConnection extends AbstractConnectionMiddleware
{
    private bool $open = false;

    public function __construct(Connection $connection, private readonly TransactionHook $hook)
    {
        parent::__construct($connection);
    }

    public function __destruct()
    {
        // A connection that is lost takes its transaction with it.
        $this->end(false);
    }

    public function beginTransaction(): void
    {
        parent::beginTransaction();

        if (!$this->open) {
            $this->open = true;
            $this->hook->begun();
        }
    }

    public function commit(): void
    {
        try {
            parent::commit();
        } catch (\Throwable $e) {
            $this->end(false);

            throw $e;
        }

        $this->end(true);
    }

    public function rollBack(): void
    {
        try {
            parent::rollBack();
        } finally {
            $this->end(false);
        }
    }

    private function end(bool $committed): void
    {
        if ($this->open) {
            $this->open = false;
            $committed ? $this->hook->committed() : $this->hook->rolledBack();
        }
    }
}
