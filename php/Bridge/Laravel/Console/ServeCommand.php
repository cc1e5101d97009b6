<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Ferry\Bridge\Laravel\Hygiene\Collectors;
use Ferry\Command\ConsoleListener;
use Ferry\Command\WsServeCommand;
use Ferry\Runner;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Input\ArrayInput;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Ferry's own ws:serve with its options, in a Laravel application and with Laravel's output.
 */
#[AsCommand(name: 'ws:serve')]
final class ServeCommand extends Command
{
    protected $name = 'ws:serve';

    protected $description = 'Run the WebSocket server';

    protected function configure(): void
    {
        $this->getDefinition()->addOptions(WsServeCommand::options());
        $this->setHelp(WsServeCommand::HELP);
    }

    public function handle(Runner $runner): int
    {
        foreach (Collectors::warnings($this->laravel) as $warning) {
            $this->tell('warn', $warning);
        }

        $server = new WsServeCommand($runner, fn (SymfonyStyle $io, OutputInterface $output, array $stopsWhen): ConsoleListener => isset($this->components)
            ? new ServeOutput($io, $output, $stopsWhen, $this->components)
            : new ConsoleListener($io, $output, $stopsWhen), $this->laravel->basePath());
        $this->hearSignals($server);
        $given = [];

        foreach (WsServeCommand::options() as $option) {
            $value = $this->option($option->getName());

            if (null !== $value && false !== $value) {
                $given['--'.$option->getName()] = $value;
            }
        }

        return $server->run(new ArrayInput($given), $this->output);
    }

    /** What Symfony does for commands that take signals; the interface for it differs between its versions. */
    private function hearSignals(WsServeCommand $server): void
    {
        if (!\function_exists('pcntl_async_signals')) {
            return;
        }

        pcntl_async_signals(true);

        foreach ($server->getSubscribedSignals() as $signal) {
            pcntl_signal($signal, static function (int $signal) use ($server): void {
                $exitCode = $server->handleSignal($signal);

                if (\is_int($exitCode)) {
                    exit($exitCode);
                }
            });
        }
    }
}
