<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * Where the extension is, for the processes that a test starts: they do not inherit -d.
 */
final class Extension
{
    public static function path(): string
    {
        return getenv('FERRY_EXTENSION') ?: \dirname(__DIR__, 3).'/target/release/libferry.so';
    }

    /**
     * @return list<string> a PHP command line that has the extension
     */
    public static function php(): array
    {
        static $loaded;
        $loaded ??= 'yes' === exec(escapeshellarg(\PHP_BINARY).' -r \'echo extension_loaded("ferry") ? "yes" : "no";\'');

        return $loaded ? [\PHP_BINARY] : [\PHP_BINARY, '-d', 'extension='.self::path()];
    }

    public static function assertLoaded(): void
    {
        \PHPUnit\Framework\Assert::assertTrue(\extension_loaded('ferry'), sprintf(
            'These tests need the extension: php -d extension=%s %s',
            self::path(),
            implode(' ', $_SERVER['argv'] ?? ['phpunit']),
        ));
    }
}
