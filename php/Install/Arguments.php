<?php

declare(strict_types=1);

namespace Ferry\Install;

/**
 * The command line of ferry-install.
 *
 * @internal
 */
final class Arguments
{
    public const HELP = <<<'EOF'
        Installs the extension "ferry" for the PHP that runs this command.

        Usage: vendor/bin/ferry-install [options]

          --from=FILE           copy this library instead of building one with cargo
          --extension-dir=DIR   where the library goes (PHP's extension_dir)
          --ini-dir=DIR         where ferry.ini goes (PHP_INI_SCAN_DIR, else the folder that this PHP scans)
          --no-ini              write no ferry.ini
          --force               build and install even if this version is loaded already
          --help                this text

        A build needs Rust with cargo, libclang, and the development files of the same PHP (Debian: clang libclang-dev
        php-dev). Where a folder can be written by root alone, build as yourself and let root copy:

          sudo vendor/bin/ferry-install --from=FILE

        EOF;

    public bool $help = false;
    public bool $ini = true;
    public bool $force = false;
    public ?string $from = null;
    public ?string $extensionDir = null;
    public ?string $iniDir = null;

    private function __construct()
    {
    }

    /**
     * @param list<string> $arguments
     *
     * @throws InstallException on an unknown option or a missing value
     */
    public static function parse(array $arguments): self
    {
        $parsed = new self();

        foreach ($arguments as $argument) {
            [$name, $value] = explode('=', $argument, 2) + [1 => null];

            match ($name) {
                '--help', '-h' => $parsed->help = self::flag($name, $value),
                '--no-ini' => $parsed->ini = !self::flag($name, $value),
                '--force' => $parsed->force = self::flag($name, $value),
                '--from' => $parsed->from = self::path($name, $value),
                '--extension-dir' => $parsed->extensionDir = self::path($name, $value),
                '--ini-dir' => $parsed->iniDir = self::path($name, $value),
                default => throw new InstallException(sprintf('There is no option "%s". See --help.', $argument)),
            };
        }

        return $parsed;
    }

    private static function flag(string $name, ?string $value): bool
    {
        return null === $value ? true : throw new InstallException(sprintf('"%s" takes no value, "%s" given.', $name, $value));
    }

    private static function path(string $name, ?string $value): string
    {
        return null !== $value && '' !== $value ? $value : throw new InstallException(sprintf('"%s" needs a value: %1$s=PATH.', $name));
    }
}
