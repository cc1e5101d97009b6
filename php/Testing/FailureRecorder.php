<?php

declare(strict_types=1);

namespace Ferry\Testing;

use Ferry\Runner;
use Ferry\Runner\Listener;
use PHPUnit\Framework\AssertionFailedError;

/**
 * Keeps what the handler threw, so that a test that waits in vain can say why.
 *
 * @internal
 */
final class FailureRecorder extends Listener
{
    public bool $started = false;

    /** @var list<\Throwable> */
    public array $failures = [];

    private ?AssertionFailedError $assertion = null;

    public function started(Runner $runner, string $address): void
    {
        $this->started = true;
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        $this->failures[] = $error;

        if ($error instanceof AssertionFailedError) {
            $this->assertion ??= $error;
        }
    }

    /** An assertion that failed inside the handler fails the test, as it would outside. */
    public function throwAssertion(): void
    {
        if (null !== $assertion = $this->assertion) {
            $this->assertion = null;

            throw $assertion;
        }
    }

    public function describe(): string
    {
        $lines = array_map(
            static fn (\Throwable $e): string => sprintf("\n  %s: %s in %s:%d", $e::class, $e->getMessage(), $e->getFile(), $e->getLine()),
            \array_slice($this->failures, -5),
        );

        return [] === $lines ? '' : "\nThe handler has thrown:".implode('', $lines);
    }
}
