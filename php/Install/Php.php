<?php

declare(strict_types=1);

namespace Ferry\Install;

/**
 * The PHP that the extension is for.
 *
 * @internal
 */
final class Php
{
    public function __construct(
        public readonly string $binary,
        public readonly string $version,
        public readonly bool $threadSafe,
        public readonly string $os,
        public readonly string $extensionDir,
        public readonly string $iniDir,
    ) {
    }

    public static function running(): self
    {
        return new self(\PHP_BINARY, \PHP_VERSION, (bool) \PHP_ZTS, \PHP_OS_FAMILY, (string) \ini_get('extension_dir'), self::scannedDir());
    }

    /**
     * @throws InstallException where the extension cannot run
     */
    public function check(): void
    {
        if ('Linux' !== $this->os) {
            throw new InstallException(sprintf('Ferry runs on Linux, this is %s. Use a container or WSL.', $this->os));
        }

        if (version_compare($this->version, '8.2', '<')) {
            throw new InstallException(sprintf('Ferry needs PHP 8.2 or newer, %s is %s.', $this->binary, $this->version));
        }

        if ($this->threadSafe) {
            throw new InstallException(sprintf('Ferry needs a non-thread-safe PHP (NTS), %s is thread-safe (ZTS). Command line builds usually are NTS: install one and run this command with it.', $this->binary));
        }
    }

    /** The version of the extension that a new process loads by itself, null if none. */
    public function loads(): ?string
    {
        return $this->ask([]);
    }

    /**
     * The version of the extension in a file.
     *
     * @throws InstallException when this PHP cannot load it
     */
    public function versionOf(string $library): string
    {
        return $this->ask(['-n', '-d', 'extension='.$library], $output)
            ?? throw new InstallException(sprintf("%s cannot load \"%s\". It must have been built for PHP %s. PHP says:\n%s", $this->binary, $library, $this->version, $output));
    }

    /** php-config of the same version: several may be installed. */
    public function config(): ?string
    {
        $minor = implode('.', \array_slice(explode('.', $this->version), 0, 2));

        foreach ([\dirname($this->binary)."/php-config$minor", \dirname($this->binary).'/php-config', "php-config$minor", 'php-config'] as $command) {
            if (str_starts_with((string) self::output([$command, '--version']), $minor.'.')) {
                return $command;
            }
        }

        return null;
    }

    /**
     * What a command prints, null when it fails or is not there.
     *
     * @param list<string> $command
     */
    public static function output(array $command): ?string
    {
        exec(implode(' ', array_map('escapeshellarg', $command)).' 2>/dev/null', $lines, $status);

        return 0 === $status ? trim(implode("\n", $lines)) : null;
    }

    /**
     * @param list<string> $arguments
     */
    private function ask(array $arguments, ?string &$output = null): ?string
    {
        $command = [$this->binary, ...$arguments, '-r', 'echo "\nferry=", phpversion("ferry");'];
        exec(implode(' ', array_map('escapeshellarg', $command)).' 2>&1', $lines);
        $output = implode("\n", $lines);

        return preg_match('/^ferry=(.+)$/m', $output, $found) ? $found[1] : null;
    }

    private static function scannedDir(): string
    {
        // An empty entry stands for the folder that PHP was built with; the last folder wins.
        $scanned = getenv('PHP_INI_SCAN_DIR');
        $folders = array_filter(explode(\PATH_SEPARATOR, false === $scanned ? '' : $scanned));

        return [] === $folders ? \PHP_CONFIG_FILE_SCAN_DIR : end($folders);
    }
}
