<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Handler\HandlerDispatcher;
use Ferry\Tests\Fixtures\StubConnection;

/**
 * A dispatcher with one handler, and what a client says to it.
 */
trait TalksToDispatcher
{
    /**
     * @param list<string> $messages
     *
     * @return list<string>
     */
    private function talk(object $handler, array $messages): array
    {
        [$connection, $dispatcher] = $this->open($handler);

        foreach ($messages as $message) {
            $dispatcher->onMessage($connection, $message, false);
        }

        return $connection->sent;
    }

    /**
     * @return array{StubConnection, HandlerDispatcher}
     */
    private function open(object $handler, string $path = '/chat/lobby', mixed ...$more): array
    {
        $connection = new StubConnection($path);
        $dispatcher = HandlerDispatcher::of([$handler], ...$more);
        $dispatcher->onOpen($connection);

        return [$connection, $dispatcher];
    }

    /** As the server does it: what onMessage() throws goes to onError(). */
    private function failOn(HandlerDispatcher $dispatcher, StubConnection $connection, string $message): void
    {
        try {
            $dispatcher->onMessage($connection, $message, false);
            self::fail('the Runner must see the failure');
        } catch (\DomainException $e) {
            $dispatcher->onError($connection, $e);
        }
    }
}
