<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures;

/**
 * A temporary folder with files, gone with the object.
 */
final class Folder
{
    public readonly string $path;

    /**
     * @param array<string, string> $files contents by path
     */
    public function __construct(array $files = [])
    {
        $this->path = sys_get_temp_dir().'/ferry-'.bin2hex(random_bytes(6));
        mkdir($this->path);

        foreach ($files as $path => $contents) {
            $this->write($path, $contents);
        }
    }

    public function __destruct()
    {
        $all = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($this->path, \FilesystemIterator::SKIP_DOTS), \RecursiveIteratorIterator::CHILD_FIRST);

        foreach ($all as $file) {
            $file->isDir() && !$file->isLink() ? rmdir($file->getPathname()) : unlink($file->getPathname());
        }

        rmdir($this->path);
    }

    public function write(string $path, string $contents): void
    {
        $file = $this->path.'/'.$path;

        if (!is_dir(\dirname($file))) {
            mkdir(\dirname($file), recursive: true);
        }

        // As editors do it: at no moment is there half a file.
        file_put_contents($file.'~', $contents);
        rename($file.'~', $file);
    }
}
