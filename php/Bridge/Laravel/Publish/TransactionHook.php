<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Publish;

use Ferry\Publish\Commit\CommitHookInterface;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;

/**
 * Keeps work until Laravel has committed the transaction that is open, as DB::afterCommit() does.
 */
final class TransactionHook implements CommitHookInterface
{
    public function __construct(private readonly Application $app)
    {
    }

    public function afterCommit(\Closure $work): bool
    {
        $connection = $this->inTransaction();

        if (null === $connection) {
            return false;
        }

        $connection->afterCommit(function () use ($work): void {
            try {
                $work();
            } catch (\Throwable $e) {
                // The commit has happened: whoever began the transaction must not take it for failed.
                $this->app->make(ExceptionHandler::class)->report($e);
            }
        });

        return true;
    }

    private function inTransaction(): ?Connection
    {
        foreach ($this->app->resolved('db') ? $this->app->make('db')->getConnections() : [] as $connection) {
            if ($connection->transactionLevel() > 0) {
                return $connection;
            }
        }

        return null;
    }
}
