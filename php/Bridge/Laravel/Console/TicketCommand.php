<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Ferry\Auth\TicketIssuer;
use Ferry\Bridge\Laravel\WebSockets;
use Illuminate\Auth\AuthManager;
use Symfony\Component\Console\Attribute\AsCommand;

#[AsCommand(name: 'ws:ticket')]
final class TicketCommand extends Command
{
    protected $signature = 'ws:ticket
        {user : The identifier of the user}
        {--guard= : The guard whose users are meant, by default the application\'s}
        {--ttl= : Seconds until the ticket expires, 1 to 3600}';

    protected $description = 'Issue a ticket that lets a user connect once';

    public function handle(WebSockets $webSockets, AuthManager $auth): int
    {
        $guard = (string) ($this->option('guard') ?? $auth->getDefaultDriver());
        $provider = $auth->createUserProvider($this->laravel->make('config')->get("auth.guards.$guard.provider"));

        if (null === $provider) {
            $this->tell('error', "The guard \"$guard\" has no user provider: name another one with --guard.");

            return self::FAILURE;
        }

        if (null === $user = $provider->retrieveById($this->argument('user'))) {
            $this->tell('error', "There is no user \"{$this->argument('user')}\".");

            return self::FAILURE;
        }

        $ttl = $this->option('ttl');

        if (null !== $ttl && (!ctype_digit($ttl) || (int) $ttl < 1 || (int) $ttl > TicketIssuer::MAX_TTL)) {
            $this->tell('error', sprintf('The option --ttl must be 1 to %d seconds, "%s" given.', TicketIssuer::MAX_TTL, $ttl));

            return self::FAILURE;
        }

        // Alone on its line, for scripts.
        $this->line($webSockets->ticket($user, $guard, null === $ttl ? null : (int) $ttl));

        return self::SUCCESS;
    }
}
