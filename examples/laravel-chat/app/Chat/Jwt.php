<?php

declare(strict_types=1);

namespace App\Chat;

use App\Models\User;

/**
 * Issues and verifies JSON Web Tokens (RFC 7519) signed with HMAC-SHA256, and nothing else of the standard.
 *
 * An application that has Sanctum or a JWT package uses that one: Ferry verifies tokens by itself, from the same key.
 */
final class Jwt
{
    /** The only header that is issued, so the only one that is accepted: no token chooses its own algorithm. */
    private const HEADER = '{"typ":"JWT","alg":"HS256"}';

    private const LIFETIME = 3600;

    public function __construct(#[\SensitiveParameter] private readonly string $secret)
    {
    }

    /** The secret in that file, which is made when it is missing. */
    public static function secret(string $file): string
    {
        if (!is_file($file)) {
            // Never readable by others, not even for a moment; whoever comes second takes the first one's.
            $mask = umask(0077);
            file_put_contents($new = $file.'.'.getmypid(), bin2hex(random_bytes(32)));
            @link($new, $file);
            unlink($new);
            umask($mask);
        }

        return trim((string) file_get_contents($file));
    }

    /**
     * @return array{string, int} the token and the Unix time at which it expires
     */
    public function issue(User $user): array
    {
        $now = time();
        $claims = ['sub' => (string) $user->id, 'name' => $user->name, 'iat' => $now, 'exp' => $now + self::LIFETIME];
        $signed = self::encode(self::HEADER).'.'.self::encode(json_encode($claims, \JSON_THROW_ON_ERROR));

        return [$signed.'.'.$this->sign($signed), $claims['exp']];
    }

    /**
     * @return ?string the user's id, null when the token is not ours or has expired
     */
    public function verify(#[\SensitiveParameter] string $token): ?string
    {
        $parts = explode('.', $token);

        if (3 !== \count($parts) || $parts[0] !== self::encode(self::HEADER) || !hash_equals($this->sign($parts[0].'.'.$parts[1]), $parts[2])) {
            return null;
        }

        $claims = json_decode((string) base64_decode(strtr($parts[1], '-_', '+/'), true), true);

        if (!\is_array($claims) || !\is_string($claims['sub'] ?? null) || !\is_int($claims['exp'] ?? null) || $claims['exp'] <= time()) {
            return null;
        }

        return $claims['sub'];
    }

    private function sign(string $data): string
    {
        return self::encode(hash_hmac('sha256', $data, $this->secret, true));
    }

    /** base64url without padding (RFC 7515 appendix C). */
    private static function encode(string $data): string
    {
        return rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
    }
}
