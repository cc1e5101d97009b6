<?php

declare(strict_types=1);

namespace Ferry\Install;

/**
 * Builds the extension from the sources that the package carries.
 *
 * @internal
 */
final class Cargo
{
    public function __construct(
        private readonly string $package,
        private readonly Php $php,
    ) {
    }

    /**
     * Builds, showing cargo's own output, and returns the library.
     *
     * @throws InstallException when a tool is missing or the build fails
     */
    public function build(): string
    {
        $config = $this->check();
        // Outside the package: Composer replaces its folder with each version, and a build that starts anew takes minutes.
        $target = getenv('CARGO_TARGET_DIR') ?: (getenv('XDG_CACHE_HOME') ?: (getenv('HOME') ?: sys_get_temp_dir()).'/.cache').'/ferry/build';
        $environment = ['PHP' => $this->php->binary, 'PHP_CONFIG' => $config, 'CARGO_TARGET_DIR' => $target] + getenv();
        $process = proc_open(['cargo', 'build', '--release', '--locked', '--lib'], [['file', '/dev/null', 'r'], \STDOUT, \STDERR], $pipes, $this->package, $environment);
        $status = false === $process ? 127 : proc_close($process);

        if (0 !== $status) {
            throw new InstallException(sprintf('cargo ended with status %d, see above. It ran in %s.', $status, $this->package));
        }

        return $target.'/release/libferry.so';
    }

    /** The version that the sources have. */
    public function version(): string
    {
        return $this->manifest('version');
    }

    /** @return string php-config */
    private function check(): string
    {
        $rust = Php::output(['rustc', '--version']);
        $wanted = $this->manifest('rust-version');

        if (null === $rust || null === Php::output(['cargo', '--version'])) {
            throw new InstallException(sprintf('Rust is missing. Install version %s or newer from https://rustup.rs, or copy a library that was built elsewhere with --from=FILE.', $wanted));
        }

        if (version_compare(explode(' ', $rust)[1] ?? '0', $wanted, '<')) {
            throw new InstallException(sprintf('Rust %s or newer is needed, this is %s. Run "rustup update stable".', $wanted, $rust));
        }

        return $this->php->config() ?? throw new InstallException(sprintf('php-config of PHP %s is missing. Install the development files of this PHP (Debian: php-dev).', $this->php->version));
    }

    private function manifest(string $key): string
    {
        $manifest = @file_get_contents($this->package.'/Cargo.toml');

        if (false === $manifest || !preg_match('/^'.$key.' = "([^"]+)"/m', $manifest, $found)) {
            throw new InstallException(sprintf('"%s/Cargo.toml" names no %s: is the package complete? Install it again with "composer reinstall ferry/ferry".', $this->package, $key));
        }

        return $found[1];
    }
}
