<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Signs what a ticket says, and reads it back.
 *
 * "fwt1." + base64url(JSON) + "." + base64url(HMAC-SHA-256), which fits where a token does: a URL, a subprotocol.
 *
 * @internal
 */
final class TicketCodec
{
    public const PREFIX = 'fwt1.';
    private const MAX_BYTES = 4096;
    private const MIN_SECRET_BYTES = 16;

    private readonly string $key;

    public function __construct(#[\SensitiveParameter] string $secret)
    {
        if (\strlen($secret) < self::MIN_SECRET_BYTES) {
            throw new \InvalidArgumentException(sprintf('The secret for tickets must have at least %d bytes, %d given. APP_SECRET will do.', self::MIN_SECRET_BYTES, \strlen($secret)));
        }

        // A key of its own: what is signed elsewhere with the same secret is no ticket, and no ticket is anything else.
        $this->key = hash_hmac('sha256', 'ferry.ticket', $secret, true);
    }

    /**
     * @param array<string, mixed> $content
     *
     * @throws \LengthException when it gets too long
     */
    public function encode(array $content): string
    {
        $signed = self::PREFIX.self::base64(json_encode($content, \JSON_THROW_ON_ERROR | \JSON_UNESCAPED_SLASHES | \JSON_UNESCAPED_UNICODE));
        $ticket = $signed.'.'.self::base64($this->sign($signed));

        if (\strlen($ticket) > self::MAX_BYTES) {
            throw new \LengthException(sprintf('A ticket has at most %d bytes, this one has %d: it holds too many roles or claims.', self::MAX_BYTES, \strlen($ticket)));
        }

        return $ticket;
    }

    /**
     * @return ?array<string, mixed> null for what was not signed here
     */
    public function decode(#[\SensitiveParameter] string $ticket): ?array
    {
        if (\strlen($ticket) > self::MAX_BYTES || !self::isTicket($ticket) || 2 !== substr_count($ticket, '.')) {
            return null;
        }

        [$prefix, $content, $signature] = explode('.', $ticket);

        if (!hash_equals(self::base64($this->sign($prefix.'.'.$content)), $signature)) {
            return null;
        }

        $content = json_decode((string) base64_decode(strtr($content, '-_', '+/'), true), true);

        return \is_array($content) ? $content : null;
    }

    public static function isTicket(#[\SensitiveParameter] string $token): bool
    {
        return str_starts_with($token, self::PREFIX);
    }

    private function sign(string $data): string
    {
        return hash_hmac('sha256', $data, $this->key, true);
    }

    private static function base64(string $data): string
    {
        return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
    }
}
