<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Handler\CurrentEvent;
use Ferry\Handler\LazyScopeInterface;
use Ferry\Handler\Session;
use Ferry\Handler\SuspendableInterface;
use Ferry\Identity;
use Ferry\Middleware\Envelope;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;

/**
 * Puts the user of a connection into the token storage while an event of it is handled.
 *
 * The user is loaded when somebody asks for him, once per event. When he is not let in any more, he is nobody from that
 * moment on, and the connection is closed after the event.
 */
final class UserScope implements LazyScopeInterface, SuspendableInterface
{
    private bool $guarded = false;

    private ?CurrentEvent $current = null;

    /** @var list<Session> whose connections have got another identity in this event */
    private array $changed = [];

    /** Null for a storage of the application's own, which gets every token at once. */
    private readonly ?LazyTokenStorage $lazy;

    public function __construct(
        private readonly TokenStorageInterface $tokens,
        private readonly Users $users,
        private readonly string $firewall = 'ferry',
        private readonly ?ConnectionRegistry $registry = null,
    ) {
        $this->lazy = $tokens instanceof LazyTokenStorage ? $tokens : null;
    }

    public function follow(CurrentEvent $current): bool
    {
        $this->current = $current;
        $this->lazy?->follow($current, $this->token(...));

        return null !== $this->lazy;
    }

    public function identityChanges(Session $session): void
    {
        $this->changed[] = $session;

        if (null !== $this->current) {
            $this->current->touched = true;
        }
    }

    public function enter(Envelope $envelope): void
    {
        $token = $this->token($envelope->session);

        if (null === $this->lazy) {
            $this->tokens->setToken($token);
        }
    }

    public function leave(Envelope $envelope, ?\Throwable $error): void
    {
        if (null === $this->lazy) {
            $this->tokens->setToken(null);
        } else {
            $this->lazy->clear();
        }

        /** @var ConnectionToken|RememberedConnectionToken|null $token */
        $token = $envelope->session->attributes[self::class] ?? null;

        if (null !== $token && $token->loaded) {
            if ($token->isRevoked()) {
                $envelope->connection->close(ConnectionRegistry::UNAUTHORIZED, 'Not logged in any more');
            }

            // Entities belong to the unit of work of one event.
            $token->forget();
        }

        foreach ($this->changed as $session) {
            $this->token($session);
        }

        $this->changed = [];

        if ('close' === $envelope->event) {
            $this->registry?->remove($envelope->connection);
        }
    }

    public function suspend(): mixed
    {
        if (null !== $this->lazy) {
            return $this->lazy->suspend();
        }

        $token = $this->tokens->getToken();
        $this->tokens->setToken(null);

        return $token;
    }

    public function resume(mixed $state): void
    {
        if (null !== $this->lazy) {
            /** @var array{bool, ?TokenInterface} $state */
            $this->lazy->resume($state);

            return;
        }

        \assert(null === $state || $state instanceof TokenInterface);
        $this->tokens->setToken($state);
    }

    /** The user of the event that is being handled is loaded again when he is asked for. */
    public function forget(): void
    {
        $token = $this->tokens->getToken();

        if ($token instanceof ConnectionToken || $token instanceof RememberedConnectionToken) {
            $token->forget();
        }
    }

    private function token(Session $session): ConnectionToken|RememberedConnectionToken|null
    {
        $identity = $session->connection->identity();
        /** @var ConnectionToken|RememberedConnectionToken|null $token */
        $token = $session->attributes[self::class] ?? null;

        // Another one: the first event, or Connection::authenticate() has taken another token.
        return $token?->identity === $identity ? $token : $this->identified($session, $identity);
    }

    private function identified(Session $session, ?Identity $identity): ConnectionToken|RememberedConnectionToken|null
    {
        $this->guarded || $this->guard();
        $this->registry?->add($session->connection);

        return $session->attributes[self::class] = null === $identity || '' === $identity->userIdentifier
            ? null
            : $this->users->token($identity, $this->firewall);
    }

    /** exit() in a handler runs no finally block, and what runs at the end of the process is not the user's doing. */
    private function guard(): void
    {
        $this->guarded = true;
        $tokens = \WeakReference::create($this->tokens);
        register_shutdown_function(static fn () => $tokens->get()?->setToken(null));
    }
}
