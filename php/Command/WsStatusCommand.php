<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\Exception\ExceptionInterface;
use Ferry\Status\StatusReaderInterface;
use Ferry\Status\StatusView;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Completion\CompletionInput;
use Symfony\Component\Console\Completion\CompletionSuggestions;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Formatter\OutputFormatter;
use Symfony\Component\Console\Helper\Table;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\BufferedOutput;
use Symfony\Component\Console\Output\ConsoleOutputInterface;
use Symfony\Component\Console\Output\ConsoleSectionOutput;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * What a running server is doing, asked over its control endpoint.
 */
#[AsCommand(name: 'ws:status', description: 'Show what the running WebSocket server does')]
final class WsStatusCommand extends Command
{
    /** For setHelp(): the same for commands of frameworks that run this one. */
    public const HELP = <<<'EOF'
        The <info>%command.name%</info> command shows connections, rooms, rates, queues and slow handlers of the running server:

            <info>php %command.full_name%</info>

        Let it go on until CONTROL-C, asking every second or less often:

            <info>php %command.full_name% --live</info>
            <info>php %command.full_name% --live --interval=5</info>

        For scripts there is JSON, with --live one line each time; docs/publishing.md says what is in it:

            <info>php %command.full_name% --json</info>

        It asks the control endpoint, which answers even while a handler blocks PHP, and fails when nobody answers.
        EOF;

    /**
     * @param ?\Closure(float): bool $wait waits so many seconds, false ends the live view; for tests
     */
    public function __construct(private readonly StatusReaderInterface $reader, private readonly ?\Closure $wait = null)
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
            new InputOption('json', null, InputOption::VALUE_NONE, 'Print JSON'),
            new InputOption('live', 'l', InputOption::VALUE_NONE, 'Go on until CONTROL-C'),
            new InputOption('interval', 'i', InputOption::VALUE_REQUIRED, 'Seconds between two looks, from 0.1 to 3600', '1'),
        ];
    }

    public function complete(CompletionInput $input, CompletionSuggestions $suggestions): void
    {
        if ($input->mustSuggestOptionValuesFor('interval')) {
            $suggestions->suggestValues(['1', '2', '5', '10', '60']);
        }
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $interval = $this->interval($input);
        $live = (bool) $input->getOption('live');
        $json = (bool) $input->getOption('json');
        $section = $live && !$json && $output instanceof ConsoleOutputInterface && $output->isDecorated() ? $output->section() : null;

        do {
            try {
                $status = $this->reader->read();
            } catch (ExceptionInterface $e) {
                (new SymfonyStyle($input, $output instanceof ConsoleOutputInterface ? $output->getErrorOutput() : $output))
                    ->error(sprintf("%s\n(asked: %s)", $e->getMessage(), $this->reader->describe()));

                return Command::FAILURE;
            }

            if ($json) {
                $output->writeln(json_encode($status, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_THROW_ON_ERROR | ($live ? 0 : \JSON_PRETTY_PRINT)), OutputInterface::OUTPUT_RAW);
            } else {
                $this->show(new StatusView($status), $output, $section);
            }
        } while ($live && $this->pause($interval));

        return Command::SUCCESS;
    }

    private function show(StatusView $view, OutputInterface $output, ?ConsoleSectionOutput $section): void
    {
        $buffer = new BufferedOutput($output->getVerbosity(), $output->isDecorated(), $output->getFormatter());
        $buffer->writeln(['', sprintf(' <info>%s</info>', OutputFormatter::escape($view->title())), '']);
        $width = max(array_map('strlen', array_keys($view->lines())));

        foreach ($view->lines() as $name => $value) {
            $buffer->writeln(sprintf(' <comment>%s</comment>  %s', str_pad($name, $width), OutputFormatter::escape($value)));
        }

        $buffer->writeln('');

        if ([] !== $rooms = $view->rooms()) {
            $escaped = array_map(static fn (array $room): array => [OutputFormatter::escape($room[0]), $room[1]], $rooms);
            (new Table($buffer))->setStyle('compact')->setHeaders([' Room', 'Members'])->setRows(array_map(static fn (array $room): array => [' '.$room[0], $room[1]], $escaped))->render();
            $buffer->writeln('');
        }

        // Formatted once, by the buffer.
        null === $section ? $output->write($buffer->fetch(), false, OutputInterface::OUTPUT_RAW) : $section->overwrite(OutputFormatter::escape($buffer->fetch()));
    }

    private function interval(InputInterface $input): float
    {
        $given = $input->getOption('interval');

        if (!is_numeric($given) || (float) $given < 0.1 || (float) $given > 3600) {
            throw new InvalidOptionException(sprintf('Option "interval" must be a number of seconds from 0.1 to 3600, "%s" passed.', \is_scalar($given) ? $given : get_debug_type($given)));
        }

        return (float) $given;
    }

    private function pause(float $seconds): bool
    {
        if (null !== $this->wait) {
            return ($this->wait)($seconds);
        }

        usleep((int) ($seconds * 1e6));

        return true;
    }
}
