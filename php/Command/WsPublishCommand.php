<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\Exception\InvalidArgumentException;
use Ferry\Exception\PublishException;
use Ferry\Publish\PublisherInterface;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Exception\InvalidArgumentException as InvalidInput;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\ConsoleOutputInterface;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * Publishes one event from the command line.
 */
#[AsCommand(name: 'ws:publish', description: 'Send an event to connected WebSocket clients')]
final class WsPublishCommand extends Command
{
    /**
     * @param PublisherInterface|\Closure(): PublisherInterface $publisher a closure is called when the command runs
     */
    public function __construct(private readonly PublisherInterface|\Closure $publisher)
    {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this
            ->setDefinition([
                new InputArgument('event', InputArgument::REQUIRED, 'The type of the message that clients get'),
                new InputArgument('data', InputArgument::OPTIONAL, 'Its data as JSON, "-" to read it from the standard input', 'null'),
                new InputOption('room', 'r', InputOption::VALUE_REQUIRED | InputOption::VALUE_IS_ARRAY, 'The rooms whose members get it'),
                new InputOption('user', 'u', InputOption::VALUE_REQUIRED | InputOption::VALUE_IS_ARRAY, 'The users who get it, by their identifier'),
                new InputOption('except', null, InputOption::VALUE_REQUIRED, 'The id of a connection that does not get it'),
            ])
            ->setHelp(<<<'EOF'
                The <info>%command.name%</info> command sends an event to the members of rooms or to users:

                    <info>php %command.full_name% order.shipped '{"id":7}' --room=orders --room=admins</info>
                    <info>php %command.full_name% logout --user=alice</info>

                It says how many connections got it. The status is 1 when the server did not take it, 2 when the arguments cannot be used.
                EOF);
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $io = new SymfonyStyle($input, $output instanceof ConsoleOutputInterface ? $output->getErrorOutput() : $output);
        /** @var list<string> $rooms */
        $rooms = $input->getOption('room');
        /** @var list<string> $users */
        $users = $input->getOption('user');
        /** @var string $event */
        $event = $input->getArgument('event');
        /** @var string $json */
        $json = $input->getArgument('data');
        /** @var ?string $except */
        $except = $input->getOption('except');

        if ([] === $rooms && [] === $users) {
            throw new InvalidInput('Give --room or --user: an event needs somebody who gets it.');
        }

        try {
            $data = json_decode('-' === $json ? (string) stream_get_contents(\STDIN) : $json, false, 512, \JSON_THROW_ON_ERROR);
        } catch (\JsonException $e) {
            $io->error(sprintf('The data is not JSON: %s. A text needs quotation marks: \'"%s"\'', $e->getMessage(), $json));

            return self::INVALID;
        }

        $publisher = $this->publisher instanceof \Closure ? ($this->publisher)() : $this->publisher;

        try {
            $reached = [] === $rooms ? 0 : $publisher->publish($rooms, $event, $data, $except);

            foreach ($users as $user) {
                $reached += $publisher->toUser($user, $event, $data);
            }
        } catch (InvalidArgumentException $e) {
            $io->error($e->getMessage());

            return self::INVALID;
        } catch (PublishException $e) {
            $io->error($e->getMessage());

            return self::FAILURE;
        }

        $output->writeln(sprintf('%d connection%s got it.', $reached, 1 === $reached ? '' : 's'));

        return self::SUCCESS;
    }
}
