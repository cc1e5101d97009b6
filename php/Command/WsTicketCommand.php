<?php

declare(strict_types=1);

namespace Ferry\Command;

use Ferry\Auth\TicketIssuer;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Exception\InvalidOptionException;
use Symfony\Component\Console\Input\InputArgument;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * Prints a ticket and nothing else, so that a shell can use it.
 */
#[AsCommand(name: 'ws:ticket', description: 'Issue a short-lived ticket with which a user can connect once')]
final class WsTicketCommand extends Command
{
    public function __construct(private readonly TicketIssuer $tickets)
    {
        parent::__construct();
    }

    protected function configure(): void
    {
        $this
            ->setDefinition([
                new InputArgument('user', InputArgument::REQUIRED, 'The identifier of the user'),
                new InputOption('role', 'r', InputOption::VALUE_REQUIRED | InputOption::VALUE_IS_ARRAY, 'A role, where users are not loaded by their identifier'),
                new InputOption('ttl', 't', InputOption::VALUE_REQUIRED, 'Seconds until the ticket expires'),
            ])
            ->setHelp(<<<'EOF'
                The <info>%command.name%</info> command issues a ticket, for tests and scripts:

                    <info>php %command.full_name% alice</info>

                It lets in once, within seconds, as the query parameter "ticket":

                    <info>wscat -c "ws://localhost:8080/chat?ticket=$(php %command.full_name% alice)"</info>
                EOF)
        ;
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $ttl = $input->getOption('ttl');

        if (null !== $ttl && (!\is_string($ttl) || !ctype_digit($ttl) || (int) $ttl < 1 || (int) $ttl > TicketIssuer::MAX_TTL)) {
            throw new InvalidOptionException(sprintf('Option "ttl" must be 1 to %d seconds, "%s" passed.', TicketIssuer::MAX_TTL, \is_scalar($ttl) ? $ttl : get_debug_type($ttl)));
        }

        $user = $input->getArgument('user');
        $roles = $input->getOption('role');
        $output->writeln($this->tickets->issue(
            \is_string($user) ? $user : '',
            array_values(array_filter(\is_array($roles) ? $roles : [], 'is_string')),
            ttl: null === $ttl ? null : (int) $ttl,
        ), OutputInterface::OUTPUT_RAW);

        return Command::SUCCESS;
    }
}
