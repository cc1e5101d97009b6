<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Hygiene;

/**
 * @internal
 */
final class Liveness
{
    public static function of(\PDO $pdo): bool
    {
        try {
            // A lost connection may be a warning before it is an exception.
            return false !== @$pdo->query('SELECT 1');
        } catch (\PDOException) {
            return false;
        }
    }
}
