<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

use Psr\Log\AbstractLogger;

final class RecordingLogger extends AbstractLogger
{
    /** @var list<array{string, string, array<mixed>}> level, message, context */
    public array $records = [];

    public function log($level, $message, array $context = []): void
    {
        $this->records[] = [(string) $level, (string) $message, $context];
    }

    /**
     * @return list<string> messages of that level
     */
    public function messages(string $level): array
    {
        return array_column(array_filter($this->records, static fn (array $record): bool => $level === $record[0]), 1);
    }
}
