<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

/**
 * PHP tells only in warnings why a stream got no TLS; frameworks would make exceptions of them.
 *
 * @internal
 */
final class Warnings
{
    /**
     * @template T
     *
     * @param \Closure(): T $act
     * @param list<string>  $warnings what was warned of meanwhile
     *
     * @param-out list<string> $warnings
     *
     * @return T
     */
    public static function collect(\Closure $act, array &$warnings): mixed
    {
        set_error_handler(static function (int $level, string $message) use (&$warnings): bool {
            $warnings[] = trim((string) preg_replace('/^[\w:]+\(\): /', '', strtr($message, "\n", ' ')));

            return true;
        }, \E_WARNING | \E_NOTICE);

        try {
            return $act();
        } finally {
            restore_error_handler();
        }
    }
}
