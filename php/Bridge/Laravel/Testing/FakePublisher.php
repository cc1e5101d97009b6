<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Testing;

use Ferry\Publish\BatchPublisherInterface;
use Ferry\Publish\Publication;
use Ferry\Publish\Publisher;
use Ferry\Publish\Transport\MemoryTransport;
use PHPUnit\Framework\Assert;

/**
 * Remembers what was published instead of sending it; what Ws::fake() puts in the publisher's place.
 */
final class FakePublisher implements BatchPublisherInterface
{
    private readonly MemoryTransport $transport;
    private readonly Publisher $publisher;

    public function __construct()
    {
        $this->transport = new MemoryTransport();
        $this->publisher = new Publisher($this->transport);
    }

    public function publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null): int
    {
        return $this->publisher->publish($rooms, $event, $data, $except);
    }

    public function toUser(string|int $userIdentifier, string $event, mixed $data = null): int
    {
        return $this->publisher->toUser($userIdentifier, $event, $data);
    }

    public function disconnectUser(string|int $userIdentifier, int $code = 4401, string $reason = ''): int
    {
        return $this->publisher->disconnectUser($userIdentifier, $code, $reason);
    }

    public function connections(?string $room = null): array
    {
        return $this->publisher->connections($room);
    }

    public function publishAll(iterable $publications): array
    {
        return $this->publisher->publishAll($publications);
    }

    /**
     * @param \Closure(mixed, Publication): bool|int|null $expected what must be true of the data, or how many times
     */
    public function assertPublished(string $event, \Closure|int|null $expected = null): void
    {
        $found = $this->published($event, $expected instanceof \Closure ? $expected : null);

        if (\is_int($expected)) {
            Assert::assertCount($expected, $found, sprintf('The event "%s" was published %d times instead of %d. %s', $event, \count($found), $expected, $this->all()));

            return;
        }

        Assert::assertNotSame([], $found, sprintf('The event "%s" was not published%s. %s', $event, null === $expected ? '' : ' with data that fits', $this->all()));
    }

    /**
     * @param string|list<string>                     $rooms    each of them got it
     * @param (\Closure(mixed, Publication): bool)|null $expected
     */
    public function assertPublishedTo(string|array $rooms, string $event, ?\Closure $expected = null): void
    {
        foreach ((array) $rooms as $room) {
            $found = array_filter($this->published($event, $expected), static fn (Publication $one): bool => \in_array($room, $one->rooms, true));
            Assert::assertNotSame([], $found, sprintf('The event "%s" was not published to the room "%s". %s', $event, $room, $this->all()));
        }
    }

    /**
     * @param (\Closure(mixed, Publication): bool)|null $expected
     */
    public function assertPublishedToUser(string|int $userIdentifier, string $event, ?\Closure $expected = null): void
    {
        $found = array_filter($this->published($event, $expected), static fn (Publication $one): bool => (string) $userIdentifier === $one->user);
        Assert::assertNotSame([], $found, sprintf('The event "%s" was not published to the user "%s". %s', $event, $userIdentifier, $this->all()));
    }

    /**
     * @param (\Closure(mixed, Publication): bool)|null $expected
     */
    public function assertNotPublished(string $event, ?\Closure $expected = null): void
    {
        Assert::assertSame([], $this->published($event, $expected), sprintf('The event "%s" was published.', $event));
    }

    public function assertNothingPublished(): void
    {
        Assert::assertSame([], $this->transport->publications(), $this->all());
    }

    public function assertUserDisconnected(string|int $userIdentifier): void
    {
        Assert::assertContains((string) $userIdentifier, array_column($this->transport->disconnected(), 'user'), sprintf('The user "%s" was not disconnected.', $userIdentifier));
    }

    /**
     * @param (\Closure(mixed, Publication): bool)|null $fits
     *
     * @return list<Publication> of that event, oldest first
     */
    public function published(string $event, ?\Closure $fits = null): array
    {
        return array_values(array_filter(
            $this->transport->publications(),
            static fn (Publication $one): bool => $event === $one->event && (null === $fits || true === $fits($one->data, $one)),
        ));
    }

    private function all(): string
    {
        $all = array_map(static fn (Publication $one): string => (string) json_encode($one), $this->transport->publications());

        return [] === $all ? 'Nothing was published.' : 'Published: '.implode(', ', $all);
    }
}
