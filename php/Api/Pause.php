<?php

declare(strict_types=1);

namespace Ferry\Api;

/**
 * @internal
 */
final class Pause
{
    /** In a fiber of the server others go on; outside of one the thread waits. */
    public static function for(float $seconds): void
    {
        if (null !== \Fiber::getCurrent() && \function_exists('Ferry\delay')) {
            \Ferry\delay($seconds);
        } else {
            usleep((int) ($seconds * 1_000_000));
        }
    }
}
