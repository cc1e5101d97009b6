<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Publish\Commit\CommitHookInterface;

/**
 * Publishes what an open database transaction caused when it has been committed, and never when it is rolled back: clients
 * that then ask for the data find it.
 *
 * While it waits the answer is 0. An event that the server then refuses is reported by the hook, as the commit has happened.
 */
final class AfterCommitPublisher implements BatchPublisherInterface
{
    public function __construct(private readonly PublisherInterface $publisher, private readonly CommitHookInterface $hook)
    {
    }

    public function publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null): int
    {
        return array_sum($this->publishAll([Publication::toRooms($rooms, $event, $data, $except)]));
    }

    public function toUser(string|int $userIdentifier, string $event, mixed $data = null): int
    {
        return array_sum($this->publishAll([Publication::toUser($userIdentifier, $event, $data)]));
    }

    public function publishAll(iterable $publications): array
    {
        $publications = \is_array($publications) ? array_values($publications) : iterator_to_array($publications, false);

        if ($this->hook->afterCommit(fn (): array => $this->now($publications))) {
            return array_fill(0, \count($publications), 0);
        }

        return $this->now($publications);
    }

    public function disconnectUser(string|int $userIdentifier, int $code = 4401, string $reason = ''): int
    {
        if ($this->hook->afterCommit(fn (): int => $this->publisher->disconnectUser($userIdentifier, $code, $reason))) {
            return 0;
        }

        return $this->publisher->disconnectUser($userIdentifier, $code, $reason);
    }

    public function connections(?string $room = null): array
    {
        return $this->publisher->connections($room);
    }

    /**
     * @param list<Publication> $publications
     *
     * @return list<int>
     */
    private function now(array $publications): array
    {
        if ($this->publisher instanceof BatchPublisherInterface) {
            return $this->publisher->publishAll($publications);
        }

        return array_map(fn (Publication $one): int => null === $one->user
            ? $this->publisher->publish($one->rooms, $one->event, $one->data, $one->except)
            : $this->publisher->toUser($one->user, $one->event, $one->data), $publications);
    }
}
