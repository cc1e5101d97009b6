<?php

declare(strict_types=1);

namespace Ferry\Auth;

/**
 * Among the processes of one machine that have the same folder for temporary files.
 */
final class FileTicketLock implements TicketLockInterface
{
    /** Of a file's mode (POSIX, sys/stat.h). */
    private const TYPE = 0o170000;
    private const REGULAR = 0o100000;

    /** @param ?string $folder null: that of the system for temporary files */
    public function __construct(private readonly ?string $folder = null)
    {
    }

    /**
     * Others may write to such a folder, too: nothing is opened that is no file of our own.
     *
     * @throws \RuntimeException when the folder cannot be written to, or something else has the name of the file
     */
    public function acquire(string $name): ?\Closure
    {
        $file = sprintf('%s/ferry-%s.lock', $this->folder ?? sys_get_temp_dir(), hash('sha256', $name));
        $handle = self::open($file);

        if (null === $handle || !flock($handle, \LOCK_EX | \LOCK_NB)) {
            return null;
        }

        return static function () use ($handle, $file): void {
            // Whoever has opened it before gets a lock on a file without a name, and finds the ticket in the pool.
            @unlink($file);
            fclose($handle);
        };
    }

    /**
     * @return ?resource null where it is another user's, or has come or gone in this instant
     */
    private static function open(string $file)
    {
        clearstatcache(true, $file);
        // PHP follows links in every mode, so what is there is looked at first, and what was opened afterwards.
        $found = @lstat($file);

        if (false !== $found) {
            self::check($file, $found);

            // Of another process, which has just made it or has died.
            if (\function_exists('posix_geteuid') && posix_geteuid() !== $found['uid']) {
                return null;
            }
        }

        // "n": should somebody put a pipe there meanwhile, nobody waits for its other end.
        $handle = @fopen($file, false === $found ? 'xn' : 'cn');

        if (false === $handle) {
            return is_writable(\dirname($file)) ? null : throw new \RuntimeException(sprintf('A lock for a ticket could not be made in "%s": the folder must be writable.', \dirname($file)));
        }

        clearstatcache(true, $file);
        $opened = (array) fstat($handle);
        $found = @lstat($file);

        if (false === $found) {
            return null;
        }

        self::check($file, $found);

        return [$found['dev'], $found['ino']] === [$opened['dev'], $opened['ino']] ? $handle : null;
    }

    /**
     * @param array<int|string, int> $found
     */
    private static function check(string $file, array $found): void
    {
        if (self::REGULAR !== ($found['mode'] & self::TYPE)) {
            throw new \RuntimeException(sprintf('"%s" is no file, so there can be no lock for a ticket. Somebody else has put it there: give the server a folder of its own for temporary files (sys_temp_dir).', $file));
        }
    }
}
