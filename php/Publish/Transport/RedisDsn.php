<?php

declare(strict_types=1);

namespace Ferry\Publish\Transport;

use Ferry\Exception\InvalidArgumentException;

/**
 * Where Redis is, as the server's option "redis" has it:
 *
 *     redis://[user:password@]host[:6379][/db][?prefix=name]        rediss:// for TLS
 *     redis://[user:password@]/path.sock[?db=0&prefix=name]
 *
 * With rediss:// further parameters name files in PEM form: ca_file, trusted in place of the system's authorities, and cert_file
 * with key_file, for a Redis that asks its clients for a certificate. There is no way around the check of Redis' certificate.
 *
 * User and password are percent-encoded; a password alone is the default user's.
 */
final class RedisDsn
{
    public const PREFIX = 'ferry';

    /**
     * @param ?string $path of a Unix socket; then host and port say nothing
     */
    private function __construct(
        public readonly string $host,
        public readonly int $port,
        public readonly bool $tls,
        public readonly ?string $path,
        public readonly ?string $user,
        #[\SensitiveParameter] public readonly ?string $password,
        public readonly int $database,
        public readonly string $prefix,
        public readonly ?string $caFile,
        public readonly ?string $certFile,
        public readonly ?string $keyFile,
    ) {
    }

    public static function handles(#[\SensitiveParameter] string $dsn): bool
    {
        return 1 === preg_match('{^rediss?:}', $dsn);
    }

    /**
     * @throws InvalidArgumentException when it is none; it is not shown, as it may hold a password
     */
    public static function parse(#[\SensitiveParameter] string $dsn): self
    {
        $pattern = '{^redis(?<tls>s?)://(?:(?<login>[^/?#]*)@)?(?:(?<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])(?::(?<port>\d{1,5}))?(?:/(?<db>\d{0,7}))?|(?<path>/[^?#]+))(?:\?(?<query>[^#]*))?$}D';

        if (1 !== preg_match($pattern, $dsn, $parts, \PREG_UNMATCHED_AS_NULL)) {
            throw self::invalid();
        }

        $parameters = self::parameters($parts['query'] ?? '', 's' === $parts['tls']);
        $port = (int) ($parts['port'] ?? 6379);
        $hasDatabase = '' !== ($parts['db'] ?? '');

        if ($port < 1 || $port > 65535 || ('s' === $parts['tls'] && null !== $parts['path']) || ($hasDatabase && isset($parameters['db']))) {
            throw self::invalid();
        }

        [$user, $password] = self::login($parts['login'] ?? null);

        return new self(
            trim($parts['host'] ?? '', '[]'),
            $port,
            's' === $parts['tls'],
            $parts['path'] ?? null,
            $user,
            $password,
            (int) ($hasDatabase ? $parts['db'] : $parameters['db'] ?? 0),
            $parameters['prefix'] ?? self::PREFIX,
            $parameters['ca_file'] ?? null,
            $parameters['cert_file'] ?? null,
            $parameters['key_file'] ?? null,
        );
    }

    /**
     * Options of a stream's context "ssl"; for Redis without TLS none.
     *
     * @return array<string, string|bool>
     *
     * @throws InvalidArgumentException when a file cannot be read
     */
    public function tlsOptions(): array
    {
        if (!$this->tls) {
            return [];
        }

        $options = ['verify_peer' => true, 'verify_peer_name' => true, 'peer_name' => $this->host];

        foreach (['ca_file' => ['cafile', $this->caFile], 'cert_file' => ['local_cert', $this->certFile], 'key_file' => ['local_pk', $this->keyFile]] as $parameter => [$option, $file]) {
            if (null === $file) {
                continue;
            }

            if (!is_file($file) || !is_readable($file)) {
                throw new InvalidArgumentException(sprintf('The DSN for Redis has %s=%s, which cannot be read', $parameter, $file));
            }

            $options[$option] = $file;
        }

        return $options;
    }

    /**
     * Without user and password.
     */
    public function __toString(): string
    {
        return match (true) {
            null !== $this->path => 'redis://'.$this->path,
            default => sprintf(str_contains($this->host, ':') ? '%s://[%s]:%d' : '%s://%s:%d', $this->tls ? 'rediss' : 'redis', $this->host, $this->port),
        };
    }

    /**
     * @return array{db?: string, prefix?: string, ca_file?: string, cert_file?: string, key_file?: string}
     */
    private static function parameters(string $query, bool $tls): array
    {
        parse_str($query, $given);
        $allowed = ['db' => '{^\d{1,7}$}D', 'prefix' => '/^[A-Za-z0-9:._{}-]{1,64}$/D'];
        $allowed += $tls ? array_fill_keys(['ca_file', 'cert_file', 'key_file'], '/^[^\0]+$/D') : [];
        $parameters = [];

        foreach ($given as $name => $value) {
            if (!isset($allowed[$name]) || !\is_string($value) || 1 !== preg_match($allowed[$name], $value)) {
                throw self::invalid();
            }

            $parameters[$name] = $value;
        }

        // A certificate is nothing without its key.
        return isset($parameters['cert_file']) === isset($parameters['key_file']) ? $parameters : throw self::invalid();
    }

    /**
     * @return array{?string, ?string}
     */
    private static function login(#[\SensitiveParameter] ?string $login): array
    {
        if (null === $login) {
            return [null, null];
        }

        $parts = explode(':', $login, 2);
        $user = isset($parts[1]) ? rawurldecode($parts[0]) : '';

        return ['' === $user ? null : $user, rawurldecode($parts[1] ?? $parts[0])];
    }

    private static function invalid(): InvalidArgumentException
    {
        return new InvalidArgumentException('The DSN for Redis must be redis://[user:password@]host[:port][/db][?prefix=name], rediss:// for TLS, where ca_file, and cert_file with key_file, may be given, too, or redis:///path.sock[?db=0&prefix=name]; a prefix is 1 to 64 letters, digits and any of ":._-{}"');
    }
}
