<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Auth\TicketCodec;
use Ferry\Connection;
use Ferry\Exception\LogicException;
use Ferry\Handshake;
use Ferry\Http\CrossSite;
use Ferry\Identity;

/**
 * What shows the API who the client is: the headers that its own requests have. They are nowhere to be seen in dumps.
 */
final class Credentials
{
    /**
     * In a closure, for var_export() and casts to arrays ignore __debugInfo().
     *
     * @var \Closure(): array<string, list<string>>
     */
    private readonly \Closure $headers;

    /**
     * @param array<string, list<string>> $headers by lower-case name
     * @param string                      $kind    for people: 'token', 'session'
     */
    private function __construct(#[\SensitiveParameter] array $headers, public readonly string $kind, public readonly ?int $expiresAt)
    {
        $this->headers = static fn (): array => $headers;
    }

    /**
     * Those of a connection as they are now: Connection::authenticate() changes them.
     *
     * A token comes first: that of the identity, and for a connection without one that of the handshake, which the API may
     * judge. Who came with a cookie has it sent with every request, unless it came from a page of another host, see CrossSite.
     * What no header can carry is as good as not there.
     *
     * @param bool $originsAreChecked whether the server has refused pages that may not connect (allowed_origins)
     *
     * @return ?self null for a visitor
     *
     * @throws LogicException for a user who has neither, because a ticket let him in
     */
    public static function of(Connection $connection, bool $originsAreChecked): ?self
    {
        $identity = $connection->identity();
        $handshake = $connection->handshake();

        $byTicket = self::hasTicket($handshake);

        $token = $identity?->token ?? (null === $identity && !$byTicket ? $handshake->token : null);

        if (null !== $token && self::isSendable($token)) {
            return new self(['authorization' => ['Bearer '.$token]], 'token', $identity?->expiresAt);
        }

        if (null !== $identity && !$byTicket && 1 === preg_match('/^Basic +[\x21-\x7e]+$/iD', $basic = $handshake->header('authorization') ?? '')) {
            return new self(['authorization' => [$basic]], 'password', $identity->expiresAt);
        }

        if (!$byTicket && null !== ($cookie = $handshake->header('cookie')) && '' !== $cookie && !Headers::hasControls($cookie) && ($originsAreChecked || !CrossSite::is($handshake))) {
            // As a page of the application sends them: frameworks compare both with the cookie.
            return new self(array_filter([
                'cookie' => [$cookie],
                'x-xsrf-token' => array_values(array_filter([$handshake->cookies['XSRF-TOKEN'] ?? ''], self::isSendable(...))),
                'origin' => array_values(array_filter([$handshake->header('origin') ?? ''], self::isSendable(...))),
            ]), 'session', $identity?->expiresAt);
        }

        return null === $identity ? null : throw self::missing($identity);
    }

    /**
     * @return array<string, list<string>> by lower-case name
     */
    public function headers(): array
    {
        return ($this->headers)();
    }

    public function isExpired(): bool
    {
        return null !== $this->expiresAt && $this->expiresAt <= time();
    }

    public function equals(?self $other): bool
    {
        return null !== $other && $this->headers() === $other->headers();
    }

    /**
     * @return array<string, mixed>
     */
    public function __debugInfo(): array
    {
        return ['kind' => $this->kind, 'expiresAt' => $this->expiresAt, 'headers' => '[redacted]'];
    }

    public function __serialize(): array
    {
        throw new LogicException('Credentials of a connection cannot be serialized: they stay in this process');
    }

    /** Query parameters and cookies come decoded: a line break in one would begin another header, or another request. */
    private static function isSendable(string $value): bool
    {
        return 1 === preg_match('/^[\x21-\x7e]+$/D', $value);
    }

    /** Whom a ticket names is not whom the cookies of the same browser name. */
    private static function hasTicket(Handshake $handshake): bool
    {
        return [] !== array_filter([$handshake->token, ...array_values($handshake->query)], static fn (mixed $value): bool => \is_string($value) && TicketCodec::isTicket($value));
    }

    private static function missing(Identity $identity): LogicException
    {
        return new LogicException(sprintf('The user "%s" connected with neither a token nor a cookie that may be used, so there is nothing to show the API. Let clients of handlers that use the ApiClient connect with a token', preg_replace('/[^\x20-\x7e]/', '?', substr($identity->userIdentifier, 0, 64))));
    }
}
