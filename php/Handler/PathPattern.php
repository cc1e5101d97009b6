<?php

declare(strict_types=1);

namespace Ferry\Handler;

use Ferry\Exception\InvalidHandlerException;

/**
 * A path with placeholders: '/chat/{room}', '/chat/{room<\d+>}', '/chat/{room?lobby}'. Plain data: it can be serialised.
 *
 * A placeholder matches one or more characters other than "/", unless it has a requirement. One with a default may be left
 * out, with the "/" before it, if nothing but such placeholders follows.
 */
final class PathPattern
{
    private const PLACEHOLDER = '~/?\{(?<name>[a-z_A-Z]\w*)(?:<(?<requirement>.+?)>(?=[?}]))?(?:\?(?<default>[^{}]*))?\}~';

    /**
     * @param string                 $path         as written
     * @param string                 $regex        empty for a path without placeholders
     * @param list<string>           $placeholders
     * @param array<string, ?string> $defaults
     * @param string                 $key          equal for patterns that match the same paths
     */
    private function __construct(
        public readonly string $path,
        public readonly string $regex,
        public readonly array $placeholders,
        public readonly array $defaults,
        public readonly string $key,
    ) {
    }

    /**
     * @param array<string, string>  $requirements placeholder => regular expression, without delimiters and anchors
     * @param array<string, ?string> $defaults
     *
     * @throws InvalidHandlerException naming the path and what is wrong with it
     */
    public static function compile(string $path, array $requirements = [], array $defaults = []): self
    {
        $regex = $key = '';
        $placeholders = [];
        $optional = $offset = 0;
        preg_match_all(self::PLACEHOLDER, $path, $matches, \PREG_SET_ORDER | \PREG_OFFSET_CAPTURE | \PREG_UNMATCHED_AS_NULL);

        foreach ($matches as $match) {
            [$whole, $start] = $match[0];
            $name = (string) $match['name'][0];
            $literal = self::literal($path, substr($path, $offset, $start - $offset));
            $offset = $start + \strlen((string) $whole);

            if (\in_array($name, $placeholders, true)) {
                throw self::invalid($path, sprintf('has the placeholder "%s" twice', $name));
            }

            $placeholders[] = $name;
            $requirement = self::requirement($path, $name, $match['requirement'][0] ?? $requirements[$name] ?? '[^/]+');

            if (null !== $default = $match['default'][0] ?? null) {
                $defaults[$name] = '' === $default ? null : $default;
            }

            $slash = str_starts_with((string) $whole, '/') ? '/' : '';
            $isOptional = \array_key_exists($name, $defaults);

            if ($isOptional && '' === $slash || $optional > 0 && (!$isOptional || '' !== $literal)) {
                throw self::invalid($path, 'has a placeholder with a default in its middle; only whole segments at the end can have one');
            }

            // A lone "/" stays when the only segments are left out.
            $isRoot = $isOptional && '' === $regex.$literal;
            $regex .= preg_quote($literal, '~').($isRoot ? '/(?:' : ($isOptional ? '(?:/' : $slash)).sprintf('(?<%s>%s)', $name, $requirement);
            $key .= $literal.($isOptional ? '?' : '').$slash."{\0".$requirement.'}';
            $optional += (int) $isOptional;
        }

        $rest = self::literal($path, substr($path, $offset));

        if ($optional > 0 && '' !== $rest) {
            throw self::invalid($path, 'has a placeholder with a default in its middle; only whole segments at the end can have one');
        }

        foreach ([...array_keys($requirements), ...array_keys($defaults)] as $name) {
            if (!\in_array($name, $placeholders, true)) {
                throw self::invalid($path, sprintf('has no placeholder "%s", for which a requirement or default is given', $name));
            }
        }

        if (!str_starts_with($path, '/')) {
            throw self::invalid($path, 'must start with "/"');
        }

        if ([] === $placeholders) {
            return new self($path, '', [], [], $path);
        }

        return new self($path, '~^'.$regex.preg_quote($rest, '~').str_repeat(')?', $optional).'$~Dsu', $placeholders, $defaults, $key.$rest);
    }

    /**
     * @param string $path decoded
     *
     * @return array<string, ?string>|null values of the placeholders, null when the path does not match
     */
    public function match(string $path): ?array
    {
        if ('' === $this->regex) {
            return $path === $this->path ? [] : null;
        }

        if (1 !== preg_match($this->regex, $path, $match, \PREG_UNMATCHED_AS_NULL)) {
            return null;
        }

        $values = [];

        foreach ($this->placeholders as $name) {
            $values[$name] = $match[$name] ?? $this->defaults[$name] ?? null;
        }

        return $values;
    }

    private static function literal(string $path, string $literal): string
    {
        if (preg_match('/[{}]/', $literal)) {
            throw self::invalid($path, 'has a "{" or "}" that belongs to no placeholder: write {name}, {name<requirement>} or {name?default}');
        }

        if (preg_match('/[?#\s]/', $literal)) {
            throw self::invalid($path, 'must not contain a query, a fragment or spaces');
        }

        return $literal;
    }

    private static function requirement(string $path, string $name, string $requirement): string
    {
        // As routes have them, where anchors are allowed and mean nothing.
        $requirement = str_replace('~', '\~', preg_replace('/^\^|\$$/', '', $requirement) ?? $requirement);

        // Named and numbered groups of its own would shift those of the pattern; what is wrong with it must be said here.
        if (false === @preg_match('~^(?:'.$requirement.')$~Dsu', '')) {
            throw self::invalid($path, sprintf('has the requirement "%s" for "%s", which is no regular expression', $requirement, $name));
        }

        return $requirement;
    }

    private static function invalid(string $path, string $problem): InvalidHandlerException
    {
        return new InvalidHandlerException(sprintf('The path "%s" %s.', $path, $problem));
    }
}
