<?php

declare(strict_types=1);

namespace Ferry\Watch;

/**
 * Sees that files of a project have changed, by looking at them: nothing to install, and it works on every file system.
 *
 * Looks at what makes a running server stale: code, configuration and templates. Left out are folders that hold none of
 * the project's own (vendor, var, storage, node_modules, hidden ones); of vendor the list of installed packages is watched.
 */
final class FileWatcher
{
    private const EXTENSIONS = ['php' => true, 'yaml' => true, 'yml' => true, 'xml' => true, 'twig' => true, 'ini' => true, 'xlf' => true];
    private const LEFT_OUT = ['vendor' => true, 'var' => true, 'storage' => true, 'bootstrap/cache' => true, 'public/build' => true];
    private const ALSO = ['composer.lock', 'vendor/composer/installed.php'];

    /** Modification times are whole seconds: a file this young may change again without showing it. */
    private const YOUNG = 2;

    /** @var array<string, array{string, ?string}> by path: what stat says, and a hash of the contents while the file is young */
    private array $known;

    private bool $truncated = false;

    /**
     * @param int $maxFiles what is beyond is not watched, see isTruncated()
     */
    public function __construct(private readonly string $root, private readonly int $maxFiles = 20_000)
    {
        $this->known = $this->scan([]);
    }

    /**
     * @return list<string> paths below the root that are new, gone or different since the last call
     */
    public function changes(): array
    {
        $before = $this->known;
        $this->known = $this->scan($before);
        $changed = array_keys(array_diff_key($before, $this->known));

        foreach ($this->known as $path => [$stat, $hash]) {
            [$oldStat, $oldHash] = $before[$path] ?? [null, null];

            if ($stat !== $oldStat || null !== $oldHash && null !== $hash && $hash !== $oldHash) {
                $changed[] = $path;
            }
        }

        return $changed;
    }

    public function count(): int
    {
        return \count($this->known);
    }

    /** Whether the project has more files than are watched. */
    public function isTruncated(): bool
    {
        return $this->truncated;
    }

    /**
     * @param array<string, array{string, ?string}> $before
     *
     * @return array<string, array{string, ?string}>
     */
    private function scan(array $before): array
    {
        clearstatcache();
        $this->truncated = false;
        $found = [];
        $folders = [''];

        while (null !== $folder = array_pop($folders)) {
            foreach (@scandir($this->root.'/'.$folder, \SCANDIR_SORT_NONE) ?: [] as $name) {
                $path = $folder.$name;

                if ('.' === $name[0] && !('' === $folder && str_starts_with($name, '.env')) || 'node_modules' === $name) {
                    continue;
                }

                if (!isset(self::EXTENSIONS[strtolower(pathinfo($name, \PATHINFO_EXTENSION))]) && '.' !== $name[0]) {
                    if (!isset(self::LEFT_OUT[$path]) && is_dir($this->root.'/'.$path) && !is_link($this->root.'/'.$path)) {
                        $folders[] = $path.'/';
                    }

                    continue;
                }

                if (\count($found) >= $this->maxFiles) {
                    $this->truncated = true;

                    return $found;
                }

                $this->look($path, $before, $found);
            }
        }

        foreach (self::ALSO as $path) {
            $this->look($path, $before, $found);
        }

        return $found;
    }

    /**
     * @param array<string, array{string, ?string}> $before
     * @param array<string, array{string, ?string}> $found
     */
    private function look(string $path, array $before, array &$found): void
    {
        $file = $this->root.'/'.$path;

        // Between scandir() and now it may have gone.
        if (false === $stat = @stat($file)) {
            return;
        }

        $key = $stat['mtime'].' '.$stat['size'].' '.$stat['ino'];
        $wasYoung = isset($before[$path][1]);
        $hash = null;

        if ($wasYoung && $before[$path][0] === $key || $stat['mtime'] > time() - self::YOUNG) {
            $hash = @hash_file('xxh3', $file) ?: '';
        }

        // Once old and the same, the hash has done its work.
        if ($wasYoung && null !== $hash && $hash === $before[$path][1] && $stat['mtime'] <= time() - self::YOUNG) {
            $hash = null;
        }

        $found[$path] = [$key, $hash];
    }
}
