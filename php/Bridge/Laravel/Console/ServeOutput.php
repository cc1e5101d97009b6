<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Ferry\Command\ConsoleListener;
use Illuminate\Console\View\Components\Factory;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;

/**
 * What ws:serve shows, in the look of Laravel's own commands.
 *
 * @internal
 */
final class ServeOutput extends ConsoleListener
{
    /**
     * @param list<string> $stopsWhen
     */
    public function __construct(SymfonyStyle $io, OutputInterface $output, array $stopsWhen, private readonly Factory $components)
    {
        parent::__construct($io, $output, $stopsWhen);
    }

    protected function announce(string $message): void
    {
        // Laravel ends its sentences with a full stop, which must not look like a part of the address.
        $this->components->info((string) preg_replace('~(?:wss?://|unix:)\S+$~', '[$0]', $message));
    }

    protected function hint(string $message): void
    {
        $this->components->bulletList([$message]);
    }
}
