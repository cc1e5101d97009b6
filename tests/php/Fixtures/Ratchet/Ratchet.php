<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Ratchet;

/**
 * Brings Ratchet in: the real one where FERRY_RATCHET names an autoloader that has it, else interfaces.php.
 */
final class Ratchet
{
    public static function load(): void
    {
        $autoload = getenv('FERRY_RATCHET');

        if (false !== $autoload && '' !== $autoload) {
            require_once $autoload;
        } elseif (!interface_exists(\Ratchet\ConnectionInterface::class)) {
            require_once __DIR__.'/interfaces.php';
        }
    }
}
