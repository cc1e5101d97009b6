<?php

declare(strict_types=1);

namespace Ferry\Attribute;

/**
 * Serves WebSocket connections on a path. Repeat it to serve several.
 *
 *     #[AsWsHandler('/chat/{room}', requirements: ['room' => '\d+'])]
 *     final class ChatHandler { ... }
 */
#[\Attribute(\Attribute::TARGET_CLASS | \Attribute::IS_REPEATABLE)]
final class AsWsHandler
{
    /**
     * @param string                $path         with placeholders: '/chat/{room}', '/chat/{room<\d+>}', '/chat/{room?lobby}'
     * @param array<string, string> $requirements placeholder => regular expression, without delimiters and anchors
     * @param array<string, string> $defaults     placeholder => value when it is left out; only for those at the end of the path
     * @param list<string>          $middleware   service ids or class names, run inside the application's own middleware
     * @param int                   $priority     among patterns that match the same path the higher one wins; a path without
     *                                            placeholders always wins
     * @param array<string, mixed>  $options      for bridges and middleware; Ferry itself reads none
     * @param bool                  $async        its methods wait for others (the ApiClient, Ferry\delay()): the server runs
     *                                            handlers in fibers (option `fibers`), unless it is told not to
     */
    public function __construct(
        public readonly string $path = '/',
        public readonly array $requirements = [],
        public readonly array $defaults = [],
        public readonly array $middleware = [],
        public readonly int $priority = 0,
        public readonly array $options = [],
        public readonly bool $async = false,
    ) {
    }
}
