<?php

declare(strict_types=1);

namespace Ferry\Runner;

/**
 * A handler that is told when the server that it was given has ended.
 *
 * @internal
 */
interface ForgetsServerInterface
{
    /** Called once per run, also of one that has failed. */
    public function forgetServer(): void;
}
