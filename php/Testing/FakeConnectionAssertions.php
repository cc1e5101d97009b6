<?php

declare(strict_types=1);

namespace Ferry\Testing;

use PHPUnit\Framework\Assert;

/**
 * What a test asks of a FakeConnection. Needs PHPUnit.
 *
 * @internal use FakeConnection
 */
trait FakeConnectionAssertions
{
    /**
     * @param string|\Closure(string): bool $expected the data of one of the messages, or what must be true of one
     */
    public function assertSent(string|\Closure $expected): static
    {
        $test = \is_string($expected) ? static fn (string $data): bool => $data === $expected : $expected;

        return $this->check(
            $this->has(static fn (Frame $frame): bool => true === $test($frame->data)),
            sprintf('No message %s was sent.', \is_string($expected) ? '"'.$expected.'"' : 'that fits'),
        );
    }

    /**
     * @param mixed $expected the JSON that one of the messages has at least, see JsonSubset
     */
    public function assertSentJson(mixed $expected): static
    {
        return $this->check($this->has(self::json($expected)), sprintf('No message with %s was sent.', self::encode($expected)));
    }

    /**
     * @param mixed $unexpected the JSON that no message has
     */
    public function assertNotSentJson(mixed $unexpected): static
    {
        return $this->check(!$this->has(self::json($unexpected)), sprintf('A message with %s was sent.', self::encode($unexpected)));
    }

    public function assertNothingSent(): static
    {
        return $this->check([] === $this->frames(), 'Something was sent.');
    }

    public function assertSentCount(int $count): static
    {
        return $this->check($count === \count($this->frames()), sprintf('%d messages were sent instead of %d.', \count($this->frames()), $count));
    }

    /**
     * @param ?int    $code   any without one
     * @param ?string $reason any without one
     */
    public function assertClosed(?int $code = null, ?string $reason = null): static
    {
        Assert::assertNotNull($this->closeCode(), 'The connection is open.');
        null === $code || Assert::assertSame($code, $this->closeCode(), 'The connection was closed with another code.');
        null === $reason || Assert::assertSame($reason, $this->closeReason(), 'The connection was closed with another reason.');

        return $this;
    }

    public function assertOpen(): static
    {
        Assert::assertNull($this->closeCode(), sprintf('The connection was closed with %d %s', $this->closeCode() ?? 0, $this->closeReason() ?? ''));

        return $this;
    }

    public function assertJoined(string ...$rooms): static
    {
        foreach ($rooms as $room) {
            Assert::assertContains($room, $this->rooms(), sprintf('The connection is not in the room "%s".', $room));
        }

        return $this;
    }

    public function assertNotJoined(string ...$rooms): static
    {
        foreach ($rooms as $room) {
            Assert::assertNotContains($room, $this->rooms(), sprintf('The connection is in the room "%s".', $room));
        }

        return $this;
    }

    /**
     * @param \Closure(Frame): bool $fits
     */
    private function has(\Closure $fits): bool
    {
        return [] !== array_filter($this->frames(), $fits);
    }

    private function check(bool $condition, string $message): static
    {
        Assert::assertTrue($condition, $message.' Sent: '.Frame::describeAll($this->frames()));

        return $this;
    }

    private static function json(mixed $expected): \Closure
    {
        return static fn (Frame $frame): bool => JsonSubset::matches($expected, $frame->json());
    }

    private static function encode(mixed $expected): string
    {
        return $expected instanceof \Closure ? 'what fits' : json_encode($expected, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
}
