<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Connection;
use Ferry\Identity;

/**
 * An admission that is also asked when an open connection gets another identity, by Connection::authenticate().
 */
interface IdentityCheckInterface
{
    public function accepts(Connection $connection, Identity $identity): bool;
}
