<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * A chore that is done after each event of the server, well handled or not. The Housekeeper has the order.
 */
interface AfterEventInterface
{
    public function afterEvent(): void;
}
