<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

use Illuminate\Contracts\Cache\Factory;

/**
 * Tells every ws:serve that shares the cache to end, as queue:restart tells workers. Whatever supervises them starts them
 * again, with the new code.
 */
final class RestartSignal
{
    private const KEY = 'ferry:ws:restart';

    public function __construct(private readonly Factory $cache)
    {
    }

    public function send(): void
    {
        // Two restarts within a second are two.
        $this->cache->store()->forever(self::KEY, sprintf('%d.%s', time(), bin2hex(random_bytes(4))));
    }

    /** Differs from an earlier one when a restart was asked for in between. */
    public function stamp(): ?string
    {
        $stamp = $this->cache->store()->get(self::KEY);

        return \is_string($stamp) ? $stamp : null;
    }
}
