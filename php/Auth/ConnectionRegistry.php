<?php

declare(strict_types=1);

namespace Ferry\Auth;

use Ferry\Connection;
use Ferry\Handler\ScopeInterface;
use Ferry\Middleware\Envelope;

/**
 * The open connections of this process by user, to reach a user's clients or to end them: after a logout, when an account
 * is locked, when a token is revoked. From another process, publish: PublisherInterface::disconnectUser().
 *
 *     $registry->disconnectUser($user->getUserIdentifier(), reason: 'Logged out');
 *
 * The frameworks' bridges keep it up to date. Without one it is given to the HandlerDispatcher as a scope.
 */
final class ConnectionRegistry implements ScopeInterface
{
    public const UNAUTHORIZED = 4401;

    /** @var array<array<int, Connection>> by user identifier and object id; under '' those whose token names nobody */
    private array $connections = [];

    /** @var array<int, string> user identifiers by object id */
    private array $users = [];

    public function __construct(private readonly RevokedTokens $revoked = new RevokedTokens())
    {
    }

    /**
     * Takes the connection's identity as it is now; call it again when that has changed.
     */
    public function add(Connection $connection): void
    {
        $this->remove($connection);
        $user = $connection->identity()?->userIdentifier;

        if (null !== $user) {
            $this->users[spl_object_id($connection)] = $user;
            $this->connections[$user][spl_object_id($connection)] = $connection;
        }
    }

    public function remove(Connection $connection): void
    {
        $id = spl_object_id($connection);

        if (null !== $user = $this->users[$id] ?? null) {
            unset($this->users[$id], $this->connections[$user][$id]);

            if ([] === $this->connections[$user]) {
                unset($this->connections[$user]);
            }
        }
    }

    /**
     * @return list<Connection> of this process
     */
    public function ofUser(string|int $userIdentifier): array
    {
        return '' === $userIdentifier ? [] : array_values($this->connections[$userIdentifier] ?? []);
    }

    public function isConnected(string|int $userIdentifier): bool
    {
        return '' !== $userIdentifier && isset($this->connections[$userIdentifier]);
    }

    /**
     * @return list<Connection> of all users, and those whose token names none
     */
    public function all(): array
    {
        return array_merge(...array_map(array_values(...), array_values($this->connections)));
    }

    /**
     * @return list<string> identifiers of users who have a connection
     */
    public function users(): array
    {
        return array_values(array_filter(array_map('strval', array_keys($this->connections)), static fn (string $user): bool => '' !== $user));
    }

    /**
     * Closes the user's connections. Nothing keeps him from connecting again with what he has: end his session or revoke
     * his token first.
     *
     * @param int    $code   close code; clients should not reconnect by themselves after 4401
     * @param string $reason at most 123 bytes of UTF-8
     *
     * @return int connections that were open
     */
    public function disconnectUser(string|int $userIdentifier, int $code = self::UNAUTHORIZED, string $reason = ''): int
    {
        return $this->close($this->ofUser($userIdentifier), $code, $reason);
    }

    /**
     * Refuses a token from now on, and closes the connections that were opened with it.
     *
     * @param string|int|float $token     its claim "jti", or the token itself
     * @param ?int             $expiresAt Unix time at which it would have expired; null: a day from now
     *
     * @return int connections that were open
     */
    public function revokeToken(#[\SensitiveParameter] string|int|float $token, ?int $expiresAt = null, string $reason = 'Token revoked'): int
    {
        $this->revoked->revoke($token, $expiresAt);
        $revoked = [];

        foreach ($this->connections as $connections) {
            foreach ($connections as $connection) {
                if (null !== ($identity = $connection->identity()) && \in_array((string) $token, RevokedTokens::namesOf($identity), true)) {
                    $revoked[] = $connection;
                }
            }
        }

        return $this->close($revoked, self::UNAUTHORIZED, $reason);
    }

    /**
     * Closes those of the connections whose token was revoked, in whichever process.
     *
     * @param list<Connection> $connections
     *
     * @return int connections that were open
     */
    public function closeRevoked(array $connections, RevokedTokens $revoked, string $reason = 'Token revoked'): int
    {
        $identities = array_filter(array_map(static fn (Connection $connection) => $connection->identity(), $connections));

        return $this->close(array_values(array_intersect_key($connections, $revoked->among($identities))), self::UNAUTHORIZED, $reason);
    }

    public function enter(Envelope $envelope): void
    {
        $connection = $envelope->connection;

        // Also after Connection::authenticate() with another user's token.
        if (($this->users[spl_object_id($connection)] ?? null) !== $connection->identity()?->userIdentifier) {
            $this->add($connection);
        }
    }

    public function leave(Envelope $envelope, ?\Throwable $error): void
    {
        if ('close' === $envelope->event) {
            $this->remove($envelope->connection);
        }
    }

    /**
     * @param list<Connection> $connections
     */
    private function close(array $connections, int $code, string $reason): int
    {
        $closed = 0;

        foreach ($connections as $connection) {
            $closed += (int) $connection->isOpen();
            $connection->close($code, $reason);
        }

        return $closed;
    }
}
