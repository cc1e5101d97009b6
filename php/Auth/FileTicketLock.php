<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Among the processes of one machine that have the same folder for temporary files.
 */
final class FileTicketLock implements TicketLockInterface
{
    /** @param ?string $folder null: that of the system for temporary files */
    public function __construct(private readonly ?string $folder = null)
    {
    }

    /**
     * @throws \RuntimeException when the folder cannot be written to
     */
    public function acquire(string $name): ?\Closure
    {
        $file = sprintf('%s/ferry-%s.lock', $this->folder ?? sys_get_temp_dir(), hash('sha256', $name));
        $handle = @fopen($file, 'c');

        if (false === $handle) {
            // Another user's process has made it in this instant; or nobody can make any.
            return is_file($file) ? null : throw new \RuntimeException(sprintf('A lock for a ticket could not be made in "%s": the folder must be writable.', \dirname($file)));
        }

        if (!flock($handle, \LOCK_EX | \LOCK_NB)) {
            return null;
        }

        return static function () use ($handle, $file): void {
            // Whoever has opened it before gets a lock on a file without a name, and finds the ticket in the pool.
            @unlink($file);
            fclose($handle);
        };
    }
}
