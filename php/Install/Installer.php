<?php

declare(strict_types=1);

namespace Ferry\Install;

/**
 * Puts the extension where PHP finds it, and lets PHP load it from its next start on.
 *
 * @internal
 */
final class Installer
{
    private readonly Cargo $cargo;

    /**
     * @param \Closure(string): void $say
     */
    public function __construct(
        string $package,
        private readonly Php $php,
        private readonly \Closure $say,
    ) {
        $this->cargo = new Cargo($package, $php);
    }

    /**
     * @throws InstallException
     */
    public function install(Arguments $arguments): void
    {
        $this->php->check();
        $version = $this->cargo->version();

        if (!$arguments->force && null === $arguments->from && $this->php->loads() === $version) {
            ($this->say)(sprintf('%s loads ferry %s already.', $this->php->binary, $version));

            return;
        }

        $folder = $this->writable($arguments->extensionDir ?? $this->php->extensionDir, 'extension-dir', $arguments);
        $iniDir = $arguments->ini ? $this->writable($arguments->iniDir ?? $this->php->iniDir, 'ini-dir', $arguments) : null;
        $library = $arguments->from ?? $this->cargo->build();
        $this->copy($library, $folder.'/ferry.so');

        if (null !== $iniDir) {
            $this->load($folder, $iniDir, $version);
        } else {
            ($this->say)(sprintf('Load it with: php -d extension=%s/ferry.so', $folder));
        }
    }

    private function writable(string $folder, string $option, Arguments $arguments): string
    {
        if ('' === $folder) {
            throw new InstallException(sprintf('This PHP names no folder for this. Name one with --%s=DIR%s.', $option, 'ini-dir' === $option ? ', or use --no-ini' : ''));
        }

        if (!is_dir($folder) && !@mkdir($folder, 0o755, true)) {
            throw new InstallException(sprintf('The folder "%s" is not there and cannot be made. Name another with --%s=DIR.', $folder, $option));
        }

        if (!is_writable($folder)) {
            $again = null === $arguments->from ? 'First build with --extension-dir=DIR --no-ini in a folder of yours, then run "sudo vendor/bin/ferry-install --from=DIR/ferry.so"' : 'Run this as root';

            throw new InstallException(sprintf('"%s" cannot be written by you. %s, or name another folder with --%s=DIR.', $folder, $again, $option));
        }

        return (string) realpath($folder);
    }

    /** By way of a new file: a process that runs keeps the library it has loaded. */
    private function copy(string $library, string $destination): void
    {
        if (!is_file($library)) {
            throw new InstallException(sprintf('"%s" is not there.', $library));
        }

        $version = $this->php->versionOf((string) realpath($library));
        $temporary = $destination.'.'.getmypid();

        if (!@copy($library, $temporary) || !@chmod($temporary, 0o644) || !@rename($temporary, $destination)) {
            @unlink($temporary);

            throw new InstallException(sprintf('"%s" could not be copied to "%s": %s', $library, $destination, error_get_last()['message'] ?? 'unknown reason'));
        }

        ($this->say)(sprintf('Installed ferry %s: %s', $version, $destination));
    }

    private function load(string $folder, string $iniDir, string $version): void
    {
        if (null === $this->php->loads()) {
            $ini = $iniDir.'/ferry.ini';
            $name = $folder === realpath($this->php->extensionDir) ? 'ferry' : $folder.'/ferry.so';

            if (false === @file_put_contents($ini, "; Written by ferry-install.\nextension=$name\n")) {
                throw new InstallException(sprintf('"%s" could not be written.', $ini));
            }

            ($this->say)(sprintf('Wrote %s', $ini));
        }

        $loaded = $this->php->loads();

        if (null === $loaded) {
            throw new InstallException(sprintf('%s does not read "%s". Set PHP_INI_SCAN_DIR=:%s, or name a folder that "%1$s --ini" lists with --ini-dir=DIR.', $this->php->binary, $iniDir, $iniDir));
        }

        if ($loaded !== $version) {
            throw new InstallException(sprintf('%s loads ferry %s, this package has %s. "%1$s --ini" lists the files that may name another library.', $this->php->binary, $loaded, $version));
        }

        ($this->say)(sprintf('%s loads ferry %s.', $this->php->binary, $loaded));
    }
}
