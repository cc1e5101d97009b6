<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * A chore that is done before each event of the server. The Housekeeper has the order.
 */
interface BeforeEventInterface
{
    /**
     * May be called a hundred thousand times per second, so what costs something is done only when it is due.
     *
     * @param float $now seconds on a clock that only goes forward; its zero means nothing
     */
    public function beforeEvent(float $now): void;
}
