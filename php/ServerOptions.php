<?php

declare(strict_types=1);

namespace Ferry;

use Ferry\Publish\ServerEndpoint;

/**
 * The options of \Ferry\WsServer, as the documentation of the class has them: this is where configuration trees get names,
 * types, defaults and explanations from. Needs no extension.
 */
final class ServerOptions
{
    /** @var ?array<string, array{type: string, default: mixed, info: string}> */
    private static ?array $all = null;

    /**
     * @return array<string, array{type: string, default: mixed, info: string}> by name; type as documented: 'int', '?string',
     *                                                                          'list of strings', ...
     */
    public static function all(): array
    {
        return self::$all ??= self::parse((string) file_get_contents(\dirname(__DIR__).'/stubs/WsServer.php'));
    }

    /**
     * Values as they come from the environment, made what the server takes: it converts nothing.
     *
     * @param array<string, mixed> $options
     *
     * @return array<string, mixed>
     */
    public static function cast(array $options): array
    {
        $all = self::all();
        $options = ServerEndpoint::resolve($options);

        foreach ($options as $name => $value) {
            $type = $all[$name]['type'] ?? '';

            if (!\is_string($value)) {
                continue;
            }

            $cast = match (true) {
                str_starts_with($type, 'int') => filter_var($value, \FILTER_VALIDATE_INT, \FILTER_NULL_ON_FAILURE),
                str_starts_with($type, 'float') => filter_var($value, \FILTER_VALIDATE_FLOAT, \FILTER_NULL_ON_FAILURE),
                str_starts_with($type, 'bool') => filter_var($value, \FILTER_VALIDATE_BOOL, \FILTER_NULL_ON_FAILURE),
                str_starts_with($type, 'list of') => '' === $value ? [] : array_map('trim', explode(',', $value)),
                str_starts_with($type, '?') && '' === $value => null,
                default => $value,
            };

            // What does not fit stays as it is, so that the server's own message shows it.
            $options[$name] = null === $cast && !str_starts_with($type, '?') ? $value : $cast;
        }

        return $options;
    }

    /**
     * @return array<string, array{type: string, default: mixed, info: string}>
     */
    private static function parse(string $source): array
    {
        $options = [];
        preg_match_all('/^ \* \| ([a-z_, ]+) \| ([^|]+) \| (.+) \|$/m', $source, $rows, \PREG_SET_ORDER);

        foreach ($rows as [, $names, $type, $info]) {
            if ('option' === $names) {
                continue;
            }

            preg_match('/^(.*?)(?: (null|true|false|\[\]|\'[^\']*\'|-?[\d.]+))?$/', trim($type), $match);
            $default = match (true) {
                !isset($match[2]), '[]' === $match[2] => [],
                "'" === $match[2][0] => substr($match[2], 1, -1),
                default => json_decode($match[2]),
            };

            foreach (explode(', ', $names) as $name) {
                $options[$name] = ['type' => $match[1], 'default' => $default, 'info' => ucfirst(strtr(trim($info), ['`' => '', '\|' => '|']))];
            }
        }

        return $options;
    }
}
