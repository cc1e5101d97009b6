<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Hygiene;

use Ferry\Hygiene\RecoveryInterface;
use Ferry\Hygiene\Retry;
use PHPUnit\Framework\TestCase;

final class RetryTest extends TestCase
{
    private int $calls = 0;

    public function testWhatSucceedsIsDoneOnce(): void
    {
        self::assertSame('done', (new Retry([$this->recovery(true)]))->wrap($this->failing(0))());
        self::assertSame(1, $this->calls);
    }

    public function testMendedFailureIsTriedOnceMore(): void
    {
        self::assertSame('done', (new Retry([$this->recovery(false), $this->recovery(true)]))->wrap($this->failing(1))());
        self::assertSame(2, $this->calls);
    }

    public function testSecondFailureIsFinal(): void
    {
        try {
            (new Retry([$this->recovery(true)]))->wrap($this->failing(9))();
            self::fail('It failed for ever.');
        } catch (\DomainException $e) {
            self::assertSame('failure 2', $e->getMessage());
        }

        self::assertSame(2, $this->calls);
    }

    public function testOtherFailureIsNotTriedAgain(): void
    {
        try {
            (new Retry([$this->recovery(false)]))->wrap($this->failing(1))();
            self::fail('It could not be mended.');
        } catch (\DomainException $e) {
            self::assertSame('failure 1', $e->getMessage());
        }

        self::assertSame(1, $this->calls);
    }

    private function failing(int $times): \Closure
    {
        return fn (): string => ++$this->calls <= $times ? throw new \DomainException('failure '.$this->calls) : 'done';
    }

    private function recovery(bool $mends): RecoveryInterface
    {
        return new class($mends) implements RecoveryInterface {
            public function __construct(private readonly bool $mends)
            {
            }

            public function recover(\Throwable $error): bool
            {
                return $this->mends;
            }
        };
    }
}
