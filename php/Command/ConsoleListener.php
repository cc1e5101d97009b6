<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Runner\Progress;
use Symfony\Component\Console\Formatter\OutputFormatter;
use Symfony\Component\Console\Helper\Helper;
use Symfony\Component\Console\Output\ConsoleOutputInterface;
use Symfony\Component\Console\Output\ConsoleSectionOutput;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Tells the terminal what the server does: failures always, slow handlers and live counts with -v, traces with -vv.
 *
 * @internal
 */
class ConsoleListener extends Listener
{
    /** Redrawn in place on a terminal; elsewhere each change is a line of its own. */
    private readonly ?ConsoleSectionOutput $live;

    private Progress $last;
    private string $lastLine = '';

    /**
     * @param list<string> $stopsWhen conditions, each to follow "once it has"
     */
    public function __construct(
        private readonly SymfonyStyle $io,
        private readonly OutputInterface $output,
        private readonly array $stopsWhen,
    ) {
        $this->live = $output instanceof ConsoleOutputInterface && $output->isDecorated() ? $output->section() : null;
        $this->last = new Progress();
    }

    public function started(Runner $runner, string $address): void
    {
        $this->announce(sprintf('Listening on %s', $address));

        if ([] !== $this->stopsWhen) {
            $this->hint(sprintf('The server will automatically exit once it has %s.', implode(' or ', $this->stopsWhen)));
        }

        $this->hint('Quit the server with CONTROL-C.');

        if (!$this->output->isVerbose()) {
            $this->hint('Re-run the command with -v to see connections, messages and slow handlers.');
        }
    }

    public function watchesEvents(): bool
    {
        return $this->output->isVerbose();
    }

    public function slow(Runner $runner, string $event, float $seconds): void
    {
        if ($this->output->isVerbose()) {
            $this->line(sprintf('<comment>%s  slow: the handler took %d ms for "%s"</comment>', date('H:i:s'), round($seconds * 1000), $event));
        }
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        $this->line(sprintf(
            '<error>%s  %s: %s</error> in %s line %d',
            date('H:i:s'),
            $error::class,
            OutputFormatter::escape($error->getMessage()),
            OutputFormatter::escape($error->getFile()),
            $error->getLine(),
        ));

        if ($this->output->isVeryVerbose()) {
            $this->line(OutputFormatter::escape($error->getTraceAsString()));
        }
    }

    public function ticked(Runner $runner, Progress $progress): void
    {
        if (!$this->output->isVerbose()) {
            return;
        }

        $line = $this->describe($progress);
        $this->last = $progress;

        if (null !== $this->live) {
            $this->live->overwrite($line);
        } elseif ($line !== $this->lastLine) {
            $this->output->writeln(sprintf('%s  %s', date('H:i:s'), $line));
        }

        $this->lastLine = $line;
    }

    public function stopped(Runner $runner, ?string $reason): void
    {
        $this->live?->clear();
        $progress = $runner->progress() ?? new Progress();

        if ($progress->drained + $progress->cut > 0) {
            $this->hint(sprintf('%s closed in order, %d cut.', 1 === $progress->drained ? '1 connection' : $progress->drained.' connections', $progress->cut));
        }

        if ('' !== $refused = $this->refused($runner)) {
            $this->hint(sprintf('refused: %s', $refused));
        }

        $this->announce('' === (string) $reason ? 'Server stopped.' : sprintf('Server stopped: %s.', $reason));
    }

    protected function announce(string $message): void
    {
        $this->io->success($message);
    }

    protected function hint(string $message): void
    {
        $this->io->comment($message);
    }

    /** Error frames that clients were answered with, the most frequent code first. */
    private function refused(Runner $runner): string
    {
        $counts = $runner->handler() instanceof HandlerDispatcher ? $runner->handler()->refused() : [];
        arsort($counts);

        return implode(', ', array_map(static fn (string|int $code, int $count): string => sprintf('%s %d', OutputFormatter::escape((string) $code), $count), array_keys($counts), $counts));
    }

    private function describe(Progress $progress): string
    {
        $seconds = $progress->uptime - $this->last->uptime;
        $rate = $seconds > 0 ? ($progress->messagesIn - $this->last->messagesIn) / $seconds : 0;
        $parts = [
            sprintf('%d connection%s', $progress->connections, 1 === $progress->connections ? '' : 's'),
            sprintf('%d in (%.0f/s)', $progress->messagesIn, $rate),
            sprintf('%d out', $progress->messagesOut),
        ];

        if ($progress->dropped > 0) {
            $parts[] = sprintf('%d dropped', $progress->dropped);
        }

        if ($progress->slowCallbacks > 0) {
            $parts[] = sprintf('%d slow', $progress->slowCallbacks);
        }

        $parts[] = Helper::formatMemory(memory_get_usage(true));

        return implode(', ', $parts);
    }

    private function line(string $message): void
    {
        // The next tick draws the counts again, below.
        $this->live?->clear();
        $this->output->writeln($message);
    }
}
