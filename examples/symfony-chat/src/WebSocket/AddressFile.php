<?php

declare(strict_types=1);

namespace App\WebSocket;

use Ferry\Runner;
use Ferry\Runner\Listener;

/**
 * Leaves the server's address where the web side finds it, whatever port the server has got.
 */
final class AddressFile extends Listener
{
    public function __construct(private readonly string $addressFile)
    {
    }

    public function started(Runner $runner, string $address): void
    {
        // Renamed into place: no reader sees half an address.
        file_put_contents($this->addressFile.'.new', $address);
        rename($this->addressFile.'.new', $this->addressFile);
    }

    public function stopped(Runner $runner, ?string $reason): void
    {
        @unlink($this->addressFile);
    }
}
