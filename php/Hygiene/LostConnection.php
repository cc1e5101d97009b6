<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * Tells whether a failure means that the connection to a database is gone, or that the database is (re)starting.
 *
 * Drivers and Doctrine agree on no exception class for this: PDO reports most of it as a general error (HY000).
 */
final class LostConnection
{
    /**
     * SQLSTATE classes and codes: connection exceptions, and PostgreSQL's operator interventions
     * (admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped excluded).
     */
    private const SQL_STATES = '/^(08\w{3}|57P0[123])$/';

    /** MySQL and MariaDB: cannot connect, gone away, lost during the query, server shutdown, killed, idle too long. */
    private const MYSQL_CODES = [1053, 1077, 1079, 1927, 2002, 2003, 2006, 2013, 2055, 4031];

    private const MESSAGES = '/server has gone away|lost connection|no connection to the server|server closed the connection unexpectedly|terminating connection|the database system is (starting up|shutting down|in recovery mode)|ssl (connection has been closed unexpectedly|syscall error)|broken pipe|connection (refused|reset by peer|timed out)|connection was killed|error while sending|error reading result set\'s header|packets out of order|is the server running/i';

    public static function isCauseOf(\Throwable $error): bool
    {
        for ($cause = $error; null !== $cause; $cause = $cause->getPrevious()) {
            if (self::is($cause)) {
                return true;
            }
        }

        return false;
    }

    private static function is(\Throwable $error): bool
    {
        if ($error instanceof \PDOException) {
            [$state, $code] = [$error->errorInfo[0] ?? $error->getCode(), $error->errorInfo[1] ?? null];
        } elseif ($error instanceof \mysqli_sql_exception) {
            [$state, $code] = [null, $error->getCode()];
        } elseif (method_exists($error, 'getSQLState')) {
            // Doctrine's drivers, also those without PDO.
            [$state, $code] = [$error->getSQLState(), $error->getCode()];
        } else {
            return false;
        }

        return \is_string($state) && 1 === preg_match(self::SQL_STATES, $state)
            // The codes of other drivers are below 100.
            || \is_int($code) && \in_array($code, self::MYSQL_CODES, true)
            || 1 === preg_match(self::MESSAGES, $error->getMessage());
    }
}
