<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\DBAL\Driver;
use Doctrine\DBAL\Driver\Middleware;
use Doctrine\DBAL\Driver\Middleware\AbstractDriverMiddleware;

/**
 * Tells the hook when transactions begin and end. Savepoints, which are inner transactions, do not pass here.
 *
 * Register it as a middleware of DBAL, before connections are made: Configuration::setMiddlewares(), or the tag
 * "doctrine.middleware" where DoctrineBundle is used, which FerryBundle sets.
 */
final class TransactionMiddleware implements Middleware
{
    public function __construct(private readonly TransactionHook $hook)
    {
    }

    public function wrap(Driver $driver): Driver
    {
        return new class($driver, $this->hook) extends AbstractDriverMiddleware {
            public function __construct(Driver $driver, private readonly TransactionHook $hook)
            {
                parent::__construct($driver);
            }

            public function connect(#[\SensitiveParameter] array $params): Driver\Connection
            {
                return new TransactionConnection(parent::connect($params), $this->hook);
            }
        };
    }
}
