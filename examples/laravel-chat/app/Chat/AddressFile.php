<?php

declare(strict_types=1);

namespace App\Chat;

use Ferry\Event\ServerStarted;
use Ferry\Event\ServerStopping;

/**
 * Leaves the server's address where the web side finds it, whatever port the server has got.
 */
final class AddressFile
{
    public function started(ServerStarted $event): void
    {
        // Renamed into place: no reader sees half an address.
        file_put_contents(self::path().'.new', $event->address);
        rename(self::path().'.new', self::path());
    }

    public function stopping(ServerStopping $event): void
    {
        @unlink(self::path());
    }

    public static function path(): string
    {
        return storage_path('ws-address');
    }
}
