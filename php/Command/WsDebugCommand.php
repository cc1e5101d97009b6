<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\ExtensionCheck;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerRegistry;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\Router;
use Ferry\ServerOptions;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Completion\CompletionInput;
use Symfony\Component\Console\Completion\CompletionSuggestions;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Shows what ws:serve would serve, without serving it.
 */
#[AsCommand(name: 'debug:ws', description: 'Display the WebSocket handlers, who may connect, and the options of the server')]
final class WsDebugCommand extends Command
{
    private const SECRETS = ['key', 'keys', 'secret', 'password', 'token'];
    private const EVENTS = [MethodDescriptor::OPEN => '#[OnOpen]', MethodDescriptor::CLOSE => '#[OnClose]', MethodDescriptor::ERROR => '#[OnError]'];

    /**
     * @param array<string, mixed>        $options that are set
     * @param array<string, list<string>> $facts   further lists to show, by title: authenticators, middleware, ...
     */
    public function __construct(
        private readonly HandlerRegistry $handlers,
        private readonly Router $router,
        private readonly array $options = [],
        private readonly array $facts = [],
    ) {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this
            ->setDefinition([
                new InputArgument('path', InputArgument::OPTIONAL, 'A path, to see which handler serves it and how'),
                new InputOption('json', null, InputOption::VALUE_NONE, 'Write everything as one JSON object'),
            ])
            ->setHelp(<<<'EOF'
                The <info>%command.name%</info> command lists the handlers with their paths, who may connect, and the options
                with which the server runs:

                    <info>php %command.full_name%</info>

                With a path it shows the handler that serves it, the values of the placeholders, and its methods:

                    <info>php %command.full_name% /chat/lobby</info>

                Secrets are never shown.
                EOF)
        ;
    }

    public function complete(CompletionInput $input, CompletionSuggestions $suggestions): void
    {
        if ($input->mustSuggestArgumentValuesFor('path')) {
            $suggestions->suggestValues(array_filter(array_map(static fn (HandlerDescriptor $handler): ?string => $handler->path?->path, $this->handlers->all())));
        }
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $io = new SymfonyStyle($input, $output);
        $path = $input->getArgument('path');

        if (\is_string($path)) {
            return $this->showPath($io, $path, (bool) $input->getOption('json'));
        }

        if ($input->getOption('json')) {
            $output->writeln(self::json([
                'extension' => phpversion('ferry') ?: null,
                'handlers' => array_map(self::describe(...), $this->handlers->all()),
                'options' => $this->effectiveOptions(),
            ] + $this->facts), OutputInterface::OUTPUT_RAW);

            return Command::SUCCESS;
        }

        $this->showHandlers($io);

        foreach ($this->facts as $title => $lines) {
            $io->section($title);
            [] === $lines ? $io->text('none') : $io->listing($lines);
        }

        $io->section('Server');
        $rows = [];

        foreach ($this->effectiveOptions() as $name => $value) {
            $rows[] = [$name, self::json($value), \array_key_exists($name, $this->options) ? 'configured' : ''];
        }

        $io->table(['Option', 'Value', ''], $rows);
        $io->text(sprintf('Extension: %s', ExtensionCheck::environment()['ext-ferry']));
        $io->newLine();

        return Command::SUCCESS;
    }

    private function showHandlers(SymfonyStyle $io): void
    {
        $io->section('Handlers');

        if ([] === $this->handlers->all()) {
            $io->warning('There is no handler. Put #[AsWsHandler(\'/path\')] on a class, or implement Ferry\HandlerInterface.');

            return;
        }

        $io->table(['Path', 'Handler', 'Handles'], array_map(static fn (HandlerDescriptor $handler): array => [
            $handler->path->path ?? 'any',
            $handler->id === $handler->class ? $handler->class : sprintf("%s\n(%s)", $handler->id, $handler->class),
            $handler->interface ? 'everything (HandlerInterface)' : implode("\n", array_map(static fn (MethodDescriptor $method): string => sprintf('%s %s()', self::event($method), $method->name), $handler->methods)),
        ], $this->handlers->all()));
    }

    private function showPath(SymfonyStyle $io, string $path, bool $asJson): int
    {
        $match = $this->router->match($path);

        if (null === $match) {
            $io->error(sprintf('No handler serves "%s": clients get the status 404. There are: %s.', $path, implode(', ', array_map(static fn (HandlerDescriptor $handler): string => $handler->path->path ?? 'any', $this->handlers->all())) ?: 'none'));

            return Command::FAILURE;
        }

        [$handler, $values] = $match;

        if ($asJson) {
            $io->writeln(self::json(self::describe($handler) + ['values' => $values]), OutputInterface::OUTPUT_RAW);

            return Command::SUCCESS;
        }

        $io->title(sprintf('"%s"', $path));
        $io->definitionList(
            ['Handler' => $handler->class],
            ['Service' => $handler->id],
            ['Path' => $handler->path->path ?? 'any'],
            ['Values' => self::json((object) $values)],
            ['Middleware' => implode(', ', $handler->middleware) ?: 'that of all handlers'],
        );
        $io->table(['Event', 'Method', 'Arguments'], array_map(static fn (MethodDescriptor $method): array => [
            self::event($method),
            $method->name.'()',
            implode("\n", array_map('strval', $method->arguments)),
        ], $handler->methods));

        return Command::SUCCESS;
    }

    /**
     * @return array<string, mixed>
     */
    private static function describe(HandlerDescriptor $handler): array
    {
        return [
            'path' => $handler->path?->path,
            'id' => $handler->id,
            'class' => $handler->class,
            'interface' => $handler->interface,
            'middleware' => $handler->middleware,
            'methods' => array_map(static fn (MethodDescriptor $method): array => [
                'event' => $method->event,
                'type' => $method->type,
                'raw' => $method->raw,
                'method' => $method->name,
                'arguments' => array_map(static fn (ArgumentMetadata $argument): string => (string) $argument, $method->arguments),
            ], $handler->methods),
        ];
    }

    /**
     * @return array<string, mixed>
     */
    private function effectiveOptions(): array
    {
        $options = [];

        foreach (ServerOptions::all() as $name => $option) {
            $options[$name] = self::redact($this->options[$name] ?? $option['default'], $name);
        }

        return $options;
    }

    private static function redact(mixed $value, int|string $name): mixed
    {
        if (\is_array($value)) {
            // "keys" is a map of keys, "token" one of places where a token is looked for.
            return array_combine(array_keys($value), array_map(static fn (mixed $item, int|string $key): mixed => self::redact($item, 'keys' === $name ? 'key' : $key), $value, array_keys($value)));
        }

        return \is_string($value) && '' !== $value && !str_starts_with($value, 'file://') && \in_array($name, self::SECRETS, true) ? '[redacted]' : $value;
    }

    private static function event(MethodDescriptor $method): string
    {
        return self::EVENTS[$method->event] ?? ($method->raw ? '#[OnMessage(raw: true)]' : (null === $method->type ? '#[OnMessage]' : "#[OnMessage('$method->type')]"));
    }

    private static function json(mixed $value): string
    {
        return (string) json_encode($value, \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE | \JSON_INVALID_UTF8_SUBSTITUTE);
    }
}
