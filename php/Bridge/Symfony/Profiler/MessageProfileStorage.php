<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Profiler;

use Symfony\Component\HttpKernel\Profiler\FileProfilerStorage;

/**
 * The storage of the web profiler once more, to remove the oldest profiles of messages: a server makes more of them than
 * anybody looks at.
 */
final class MessageProfileStorage extends FileProfilerStorage
{
    /** @var ?list<string> tokens of the messages' profiles, oldest first; null until the first use */
    private ?array $tokens = null;

    /** @var array<string, true> removed, and still in the index */
    private array $removed = [];

    /** Remembers a profile that was written, and removes the oldest ones above the limit. */
    public function keep(string $token, int $limit): void
    {
        // Those of earlier runs are there, too.
        $this->tokens ??= array_column(array_reverse($this->find(null, null, 1_000_000, MessageProfiler::METHOD)), 'token');

        if ($token !== end($this->tokens)) {
            $this->tokens[] = $token;
        }

        while (\count($this->tokens) > $limit) {
            $oldest = array_shift($this->tokens);
            @unlink($this->getFilename($oldest));
            $this->removed[$oldest] = true;
        }

        if (\count($this->removed) > max(10, intdiv($limit, 10))) {
            $this->rewriteIndex();
        }
    }

    private function rewriteIndex(): void
    {
        $index = $this->getIndexFilename();
        $lines = @file($index) ?: [];
        $kept = array_filter($lines, fn (string $line): bool => !isset($this->removed[strstr($line, ',', true)]));

        // A request that is profiled at this very moment may lose its line in the list, not its profile.
        if (false !== file_put_contents($index.'.tmp', implode('', $kept))) {
            rename($index.'.tmp', $index);
            // Newer versions of Symfony remember here how much of the index has expired.
            @unlink($index.'.offset');
        }

        $this->removed = [];
    }
}
