<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection;

/**
 * Options of the server of which some have no value yet. Tells whether what the server says against the others may be resolved
 * by these.
 *
 * @internal
 */
final class KnownOptions
{
    /** What a message depends on beside the options that it names. */
    private const DEPENDS_ON = [
        '/^Option "control\.listen" is required/' => ['control.dsn'],
        '/^Option "control\.mode" is for Unix sockets/' => ['control.dsn', 'control.listen'],
        '/^Option "jwt\.algorithms\[\d+\]" is .* no given key serves/' => ['jwt.key', 'jwt.keys', 'jwt.jwks_url'],
        '/^Option "proxy_protocol" needs /' => ['listen', 'unix'],
        '/^Option "redis\.dsn" is required/' => ['control.dsn'],
        '/^Option "tls\.(cert|key)" is required/' => ['tls.certificates'],
        '/: its clients have no address/' => ['proxy_protocol'],
    ];

    /** Files are looked for where the server runs. */
    private const NO_FILE = '/ names the file "[^"]*", which cannot be read|_file=.*, which cannot be used: .*\(os error |^Option "jwt\.jwks_ca" must be the path /';

    /** @var array<string, mixed> */
    private array $known;

    /** @var list<string> paths such as "jwt.key" */
    private array $leftOut = [];

    /**
     * @param array<string, mixed>  $options
     * @param \Closure(mixed): bool $isKnown whether a value that is no array is known yet
     */
    public function __construct(array $options, private readonly \Closure $isKnown)
    {
        $this->known = $this->choose($options, '');
    }

    /**
     * @return array<string, mixed> those that are known, without what was left out of them
     */
    public function known(): array
    {
        return $this->known;
    }

    /**
     * @param string $message of the server, about known()
     */
    public function mayResolve(string $message): bool
    {
        // An unknown name stays one; what follows in the message is a suggestion.
        if (1 === preg_match('/^Option "[^"]*" is unknown;/', $message)) {
            return false;
        }

        if (1 === preg_match(self::NO_FILE, $message)) {
            return true;
        }

        foreach (self::involved($message) as $path) {
            foreach ($this->leftOut as $leftOut) {
                if (self::contains($path, $leftOut) || self::contains($leftOut, $path)) {
                    return true;
                }
            }
        }

        return false;
    }

    /**
     * Leaves an option that the message is about to the start.
     *
     * @return bool false when none is left of them
     */
    public function leaveOut(string $message): bool
    {
        foreach (self::involved($message) as $path) {
            $name = explode('.', $path, 2)[0];

            if (\array_key_exists($name, $this->known)) {
                unset($this->known[$name]);
                $this->leftOut[] = $name;

                return true;
            }
        }

        return false;
    }

    /**
     * @param array<mixed> $values
     *
     * @return array<mixed>
     */
    private function choose(array $values, string $prefix): array
    {
        $known = [];

        foreach ($values as $name => $value) {
            $path = $prefix.$name;
            $isMap = \is_array($value) && !array_is_list($value);

            if ($isMap) {
                $known[$name] = $this->choose($value, $path.'.');
            } elseif ($this->isKnown($value)) {
                $known[$name] = $value;
            } else {
                $this->leftOut[] = $path;
            }
        }

        // Without the DSN it is not known what else stands here for nothing.
        return 'control.' === $prefix && !\array_key_exists('dsn', $known) ? array_filter($known, static fn (mixed $value): bool => null !== $value) : $known;
    }

    private function isKnown(mixed $value): bool
    {
        if (!\is_array($value)) {
            return ($this->isKnown)($value);
        }

        foreach ($value as $item) {
            if (!$this->isKnown($item)) {
                return false;
            }
        }

        return true;
    }

    /**
     * @return list<string> paths of the options that the message is about, and what else these depend on
     */
    private static function involved(string $message): array
    {
        preg_match_all('/"([^"]+)"/', $message, $quoted);
        $paths = array_map(static fn (string $name): string => rtrim(strtr($name, ['[' => '.', ']' => '']), '.'), $quoted[1]);

        foreach (self::DEPENDS_ON as $pattern => $others) {
            if (1 === preg_match($pattern, $message)) {
                array_push($paths, ...$others);
            }
        }

        return $paths;
    }

    private static function contains(string $path, string $other): bool
    {
        return str_starts_with($other.'.', $path.'.');
    }
}
