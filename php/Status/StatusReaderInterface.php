<?php

declare(strict_types=1);

namespace Ferry\Status;

use Ferry\Exception\ExceptionInterface;

/**
 * Where ws:status gets from what it shows.
 */
interface StatusReaderInterface
{
    /**
     * @return array<mixed> the JSON of the control endpoint's `GET /status`
     *
     * @throws ExceptionInterface when the server cannot be reached or refuses
     */
    public function read(): array;

    /** The address, for messages; without secrets. */
    public function describe(): string;
}
