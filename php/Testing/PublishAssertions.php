<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Publish\Publication;
use PHPUnit\Framework\Assert;

/**
 * What a test asks about events that were published through a PublisherInterface. Part of WsTestTrait, and usable alone.
 */
trait PublishAssertions
{
    /**
     * The transport that records: that of the container, or where there is none the test's own.
     */
    protected function wsPublished(): RecordingTransport
    {
        if (!method_exists(static::class, 'getContainer')) {
            Assert::fail(sprintf('%s is no KernelTestCase: override wsPublished() to say what records.', static::class));
        }

        return static::getContainer()->get(RecordingTransport::class);
    }

    /**
     * @param ?string $event any without one
     * @param mixed   $data  the JSON that it has at least, see JsonSubset; any without one
     */
    protected function assertWsPublished(string $room, ?string $event = null, mixed $data = null): void
    {
        $this->assertPublication(
            static fn (Publication $publication): bool => \in_array($room, $publication->rooms, true),
            sprintf('to the room "%s"', $room),
            $event,
            $data,
        );
    }

    /**
     * @param ?string $event any without one
     * @param mixed   $data  the JSON that it has at least, see JsonSubset; any without one
     */
    protected function assertWsPublishedToUser(string|int $userIdentifier, ?string $event = null, mixed $data = null): void
    {
        $this->assertPublication(
            static fn (Publication $publication): bool => (string) $userIdentifier === $publication->user,
            sprintf('to the user "%s"', $userIdentifier),
            $event,
            $data,
        );
    }

    protected function assertWsNothingPublished(): void
    {
        Assert::assertSame([], $this->wsPublished()->publications(), 'Published: '.$this->describePublications());
    }

    protected function assertWsUserDisconnected(string|int $userIdentifier): void
    {
        Assert::assertContains((string) $userIdentifier, $this->wsPublished()->disconnected(), sprintf('The user "%s" was not disconnected.', $userIdentifier));
    }

    /**
     * @param \Closure(Publication): bool $addressed
     */
    private function assertPublication(\Closure $addressed, string $to, ?string $event, mixed $data): void
    {
        $found = array_filter(
            $this->wsPublished()->publications(),
            static fn (Publication $publication): bool => $addressed($publication)
                && (null === $event || $event === $publication->event)
                // As a client decodes it.
                && (null === $data || JsonSubset::matches($data, json_decode(json_encode($publication->data, \JSON_THROW_ON_ERROR), true))),
        );

        Assert::assertNotSame([], $found, sprintf(
            'No event%s%s was published %s. Published: %s',
            null === $event ? '' : sprintf(' "%s"', $event),
            null === $data || $data instanceof \Closure ? '' : ' with '.json_encode($data, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PARTIAL_OUTPUT_ON_ERROR),
            $to,
            $this->describePublications(),
        ));
    }

    private function describePublications(): string
    {
        return Frame::describeAll(array_map(
            static fn (Publication $publication): Frame => new Frame((string) json_encode($publication, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PARTIAL_OUTPUT_ON_ERROR)),
            $this->wsPublished()->publications(),
        ));
    }
}
