<?php

declare(strict_types=1);

namespace Ferry;

use Ferry\Exception\ExtensionMissingException;

/**
 * Whether ext-ferry is here, and what to do when it is not.
 */
final class ExtensionCheck
{
    public static function isLoaded(): bool
    {
        return \extension_loaded('ferry');
    }

    /**
     * @throws ExtensionMissingException naming this PHP and how to load the extension into it
     */
    public static function assertLoaded(): void
    {
        if (!self::isLoaded()) {
            throw new ExtensionMissingException(self::remedy());
        }
    }

    /**
     * What a bug report about a missing or wrong extension needs to know.
     *
     * @return array<string, string>
     */
    public static function environment(): array
    {
        $ini = php_ini_loaded_file();
        $scanned = php_ini_scanned_files();

        return [
            'ext-ferry' => phpversion('ferry') ?: 'not loaded',
            'PHP' => sprintf('%s %s, %s', \PHP_VERSION, \PHP_ZTS ? 'ZTS' : 'NTS', \PHP_DEBUG ? 'debug' : 'release'),
            'binary' => \PHP_BINARY,
            'SAPI' => \PHP_SAPI,
            'ini file' => false === $ini ? 'none' : $ini,
            'further ini files' => false === $scanned || '' === $scanned ? 'none' : \dirname(trim(explode(',', $scanned)[0])),
            'extension_dir' => (string) \ini_get('extension_dir'),
            'ext-pcntl' => \extension_loaded('pcntl') ? 'loaded' : 'not loaded',
        ];
    }

    private static function remedy(): string
    {
        $lines = [
            sprintf('The PHP extension "ferry" is not loaded in PHP %s (%s), and the WebSocket server lives in it.', \PHP_VERSION, \PHP_SAPI),
            'Load it for one command with "php -d extension=/path/to/ferry.so ...",',
            'or for all of them with "extension=ferry" in an ini file that "php --ini" lists.',
        ];

        return implode("\n", $lines);
    }
}
