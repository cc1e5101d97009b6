<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\Exception\ExtensionMissingException;
use Ferry\ExtensionCheck;
use Ferry\Hygiene\Housekeeper;
use Ferry\Runner;
use Ferry\Runner\FailureLimit;
use Ferry\Runner\Listener;
use Ferry\Runner\MemoryLimit;
use Ferry\Runner\MessageLimit;
use Ferry\Runner\TimeLimit;
use Ferry\Watch\ChildProcess;
use Ferry\Watch\FileWatcher;
use Ferry\Watch\OrphanListener;
use Ferry\Watch\WatchSupervisor;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Completion\CompletionInput;
use Symfony\Component\Console\Completion\CompletionSuggestions;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Formatter\OutputFormatter;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Runs the WebSocket server in the foreground. Options are named as those of messenger:consume.
 */
#[AsCommand(name: 'ws:serve', description: 'Run the WebSocket server')]
final class WsServeCommand extends SignalableCommand
{
    /** For setHelp(): the same for commands of frameworks that run this one. */
    public const HELP = <<<'EOF'
        The <info>%command.name%</info> command serves WebSockets until it is stopped:

            <info>php %command.full_name%</info>

        Use --host and --port to listen elsewhere than configured:

            <info>php %command.full_name% --host=0.0.0.0 --port=8080</info>

        The server stops gracefully on CONTROL-C and SIGTERM: no new connections, queued messages are handled, clients
        are told that it goes away. A second signal ends it at once.

        Under a process manager, let it restart from time to time, to take up new code and to give memory back:

            <info>php %command.full_name% --time-limit=3600 --memory-limit=128M</info>

        It can also stop after a number of messages, or of failures of the handler:

            <info>php %command.full_name% --limit=10000 --failure-limit=20</info>

        Use the --no-reset option to prevent services from being reset after each message, or batch of messages:

            <info>php %command.full_name% --no-reset</info>

        While you develop, let it restart when a file of the project changes; clients are told 1012 and come back:

            <info>php %command.full_name% --watch</info>

        Use -v to see connections, messages and slow handlers while it runs, -vv for the traces of failures, and
        -vvv for the PHP it runs in.
        EOF;

    /** Close code: the server goes away and comes back at once (RFC 6455, IANA's registry). */
    private const SERVICE_RESTART = 1012;

    private bool $signaled = false;
    private ?WatchSupervisor $supervisor = null;

    /**
     * @param (\Closure(SymfonyStyle, OutputInterface, list<string>): Listener)|null $display shows what the server does, by
     *                                                                                    default a ConsoleListener
     * @param ?string                                                                $projectDir what --watch watches, by default the working directory
     */
    public function __construct(private readonly Runner $runner, private readonly ?\Closure $display = null, private readonly ?string $projectDir = null)
    {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this->setDefinition(self::options())->setHelp(self::HELP);
    }

    /**
     * Its options, for commands of frameworks that run this one.
     *
     * @return list<InputOption>
     */
    public static function options(): array
    {
        return [
            new InputOption('host', null, InputOption::VALUE_REQUIRED, 'The address to listen on'),
            new InputOption('port', null, InputOption::VALUE_REQUIRED, 'The port to listen on, 0 for a free one'),
            new InputOption('limit', 'l', InputOption::VALUE_REQUIRED, 'Limit the number of received messages'),
            new InputOption('failure-limit', 'f', InputOption::VALUE_REQUIRED, 'The number of failures the handler may have'),
            new InputOption('memory-limit', 'm', InputOption::VALUE_REQUIRED, 'The memory limit the server may use'),
            new InputOption('time-limit', 't', InputOption::VALUE_REQUIRED, 'The time limit in seconds the server may run'),
            new InputOption('no-reset', null, InputOption::VALUE_NONE, 'Do not reset container services after each message'),
            new InputOption('watch', 'w', InputOption::VALUE_NONE, 'Restart when code, configuration or templates change; for development'),
        ];
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $io = new SymfonyStyle($input, $output);
        $watchedBy = ChildProcess::parentOfThis();

        if ($input->getOption('watch') && null === $watchedBy) {
            return $this->watch($io);
        }

        if ($output->isDebug()) {
            $this->describeEnvironment($io);
        }

        $stopsWhen = [];
        $limits = $this->limits($input, $stopsWhen);

        if (null !== $watchedBy) {
            $limits[] = new OrphanListener($watchedBy);
        }

        $housekeepers = $input->getOption('no-reset') ? $this->housekeepers() : [];

        try {
            array_map(static fn (Housekeeper $housekeeper) => $housekeeper->resetServices(false), $housekeepers);
            $display = null === $this->display ? new ConsoleListener($io, $output, $stopsWhen) : ($this->display)($io, $output, $stopsWhen);
            $this->runner->run($this->address($input), [...$limits, $display]);
        } catch (ExtensionMissingException $e) {
            $io->error($e->getMessage());

            if (!$output->isDebug()) {
                $this->describeEnvironment($io);
            }

            return Command::FAILURE;
        } finally {
            array_map(static fn (Housekeeper $housekeeper) => $housekeeper->resetServices(true), $housekeepers);
        }

        return Command::SUCCESS;
    }

    public function getSubscribedSignals(): array
    {
        return \defined('SIGINT') ? [\SIGINT, \SIGTERM, WatchSupervisor::RESTART_SIGNAL] : [];
    }

    protected function onSignal(int $signal): int|false
    {
        if (null !== $this->supervisor) {
            $this->supervisor->stop(\SIGTERM);

            return false;
        }

        if ($this->signaled) {
            return 128 + $signal;
        }

        $this->signaled = true;

        if (WatchSupervisor::RESTART_SIGNAL === $signal) {
            $this->runner->stop('restart', self::SERVICE_RESTART);
        } else {
            $this->runner->stop(sprintf('received %s', \SIGINT === $signal ? 'SIGINT' : 'SIGTERM'));
        }

        return false;
    }

    public function complete(CompletionInput $input, CompletionSuggestions $suggestions): void
    {
        $values = match ($input->getCompletionName()) {
            'host' => ['127.0.0.1', '0.0.0.0', '::1', 'localhost'],
            'port' => ['8080', '8443', '0'],
            'limit' => ['1000', '10000', '100000'],
            'failure-limit' => ['10', '100'],
            'memory-limit' => ['128M', '256M', '512M', '1G'],
            'time-limit' => ['600', '3600', '86400'],
            default => [],
        };

        if ($input->mustSuggestOptionValuesFor((string) $input->getCompletionName())) {
            $suggestions->suggestValues($values);
        }
    }

    /**
     * @return list<Housekeeper>
     */
    private function housekeepers(): array
    {
        return array_values(array_filter($this->runner->listeners(), static fn (Listener $listener): bool => $listener instanceof Housekeeper));
    }

    private function watch(SymfonyStyle $io): int
    {
        if (!\extension_loaded('pcntl') || !\extension_loaded('posix')) {
            $io->error('--watch needs the PHP extensions pcntl and posix.');

            return Command::FAILURE;
        }

        $say = static fn (string $line) => $io->writeln(sprintf('<comment>[watch]</comment> %s', OutputFormatter::escape($line)));
        $this->supervisor = new WatchSupervisor(new FileWatcher($this->projectDir ?? (string) getcwd()), ChildProcess::ownCommand(), $say);

        try {
            return $this->supervisor->run();
        } finally {
            $this->supervisor = null;
        }
    }

    /**
     * @return array{host?: string, port?: int}
     */
    private function address(InputInterface $input): array
    {
        $address = [];

        if (null !== $host = $this->option($input, 'host')) {
            $address['host'] = $host;
        }

        if (null !== $port = $this->option($input, 'port')) {
            if (!ctype_digit($port) || (int) $port > 65535) {
                throw new InvalidOptionException(sprintf('Option "port" must be from 0 to 65535, "%s" passed.', $port));
            }

            $address['port'] = (int) $port;
        }

        return $address;
    }

    /**
     * @param list<string> $stopsWhen
     *
     * @return list<Listener>
     */
    private function limits(InputInterface $input, array &$stopsWhen): array
    {
        $limits = [];

        if (null !== $limit = $this->positive($input, 'limit')) {
            $stopsWhen[] = sprintf('handled %d messages', $limit);
            $limits[] = new MessageLimit($limit);
        }

        if (null !== $limit = $this->positive($input, 'failure-limit')) {
            $stopsWhen[] = sprintf('reached %d failures', $limit);
            $limits[] = new FailureLimit($limit);
        }

        if (null !== $limit = $this->option($input, 'memory-limit')) {
            $stopsWhen[] = sprintf('exceeded %s of memory', $limit);
            $limits[] = new MemoryLimit($this->bytes($limit));
        }

        if (null !== $limit = $this->positive($input, 'time-limit')) {
            $stopsWhen[] = sprintf('been running for %d s', $limit);
            $limits[] = new TimeLimit($limit);
        }

        return $limits;
    }

    /**
     * @return ?positive-int
     */
    private function positive(InputInterface $input, string $option): ?int
    {
        if (null === $value = $this->option($input, $option)) {
            return null;
        }

        if (!ctype_digit($value) || 0 >= $number = (int) $value) {
            throw new InvalidOptionException(sprintf('Option "%s" must be a positive integer, "%s" passed.', $option, $value));
        }

        return $number;
    }

    /**
     * @return positive-int
     */
    private function bytes(string $limit): int
    {
        if (!preg_match('/^([1-9]\d*)([kmgt]?)b?$/i', $limit, $match)) {
            throw new InvalidOptionException(sprintf('Option "memory-limit" must be a number of bytes, with K, M, G or T if you like, "%s" passed.', $limit));
        }

        return max(1, (int) ($match[1] * 1024 ** (int) strpos('_kmgt', strtolower($match[2]) ?: '_')));
    }

    private function option(InputInterface $input, string $name): ?string
    {
        $value = $input->getOption($name);

        return \is_scalar($value) ? (string) $value : null;
    }

    private function describeEnvironment(SymfonyStyle $io): void
    {
        $environment = ExtensionCheck::environment() + ['handler' => $this->runner->handler()::class];

        $io->definitionList(...array_map(
            static fn (string $name, string $value): array => [$name => $value],
            array_keys($environment),
            $environment,
        ));
    }
}
