<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * The chore that resets services: the one that `ws:serve --no-reset` leaves out.
 */
interface ServiceResetInterface extends AfterEventInterface
{
}
