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

    private WsServeCommand $server;

    protected function configure(): void
    {
        $this->server = new WsServeCommand(
            fn (): Runner => $this->laravel->make(Runner::class),
            fn (SymfonyStyle $io, OutputInterface $output, array $stopsWhen): ConsoleListener => isset($this->components)
                ? new ServeOutput($io, $output, $stopsWhen, $this->components)
                : new ConsoleListener($io, $output, $stopsWhen),
        );
        $this->getDefinition()->addOptions($this->server->getDefinition()->getOptions());
        $this->setHelp($this->server->getHelp());
    }

    public function handle(): int
    {
        foreach (Collectors::warnings($this->laravel) as $warning) {
            $this->tell('warn', $warning);
        }

        $this->hearSignals();
        $options = [];

        foreach ($this->server->getDefinition()->getOptions() as $name => $option) {
            $options['--'.$name] = $this->option($name);
        }

        return $this->server->run(new ArrayInput(array_filter($options, static fn (mixed $value): bool => null !== $value && false !== $value)), $this->output);
    }

    /** What Symfony does for commands that take signals; the interface for it differs between its versions. */
    private function hearSignals(): void
    {
        if (!\function_exists('pcntl_async_signals')) {
            return;
        }

        pcntl_async_signals(true);

        foreach ($this->server->getSubscribedSignals() as $signal) {
            pcntl_signal($signal, function (int $signal): void {
                $exitCode = $this->server->handleSignal($signal);

                if (\is_int($exitCode)) {
                    exit($exitCode);
                }
            });
        }
    }
}
