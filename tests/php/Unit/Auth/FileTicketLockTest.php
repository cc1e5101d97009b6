<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Auth;

use Ferry\Auth\FileTicketLock;
use Ferry\Tests\Fixtures\Folder;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * In a folder to which others may write.
 */
final class FileTicketLockTest extends TestCase
{
    private Folder $folder;
    private string $file;

    protected function setUp(): void
    {
        $this->folder = new Folder(['elsewhere' => 'precious']);
        $this->file = sprintf('%s/ferry-%s.lock', $this->folder->path, hash('sha256', 'a'));
    }

    /**
     * @dataProvider strangers
     *
     * @param \Closure(string, string): mixed $put
     */
    #[DataProvider('strangers')]
    public function testWhatIsNoFileIsNotOpened(\Closure $put): void
    {
        $kept = $put($this->file, $this->folder->path.'/elsewhere');
        $before = lstat($this->file);
        // Without it, who waits for the other end of a pipe would wait for ever.
        pcntl_async_signals(true);
        pcntl_signal(\SIGALRM, static fn () => throw new \LogicException('It waits.'), false);
        pcntl_alarm(10);

        try {
            (new FileTicketLock($this->folder->path))->acquire('a');
            self::fail('It was taken for a lock.');
        } catch (\RuntimeException $e) {
            self::assertStringContainsString('is no file, so there can be no lock for a ticket', $e->getMessage());
        } finally {
            pcntl_alarm(0);
            pcntl_signal(\SIGALRM, \SIG_DFL);
            unset($kept);
        }

        clearstatcache();
        self::assertSame($before['ino'], lstat($this->file)['ino'] ?? null, 'it is left alone');
        self::assertStringEqualsFile($this->folder->path.'/elsewhere', 'precious');
    }

    /**
     * @return iterable<string, array{\Closure(string, string): mixed}>
     */
    public static function strangers(): iterable
    {
        yield 'a link' => [static fn (string $file, string $elsewhere) => symlink($elsewhere, $file)];
        yield 'a link to nothing' => [static fn (string $file, string $elsewhere) => symlink($elsewhere.'-not', $file)];
        yield 'a pipe' => [static fn (string $file) => posix_mkfifo($file, 0o666)];
        yield 'a pipe with a reader' => [static function (string $file) {
            posix_mkfifo($file, 0o666);

            return fopen($file, 'r+');
        }];
        yield 'a folder' => [static fn (string $file) => mkdir($file)];
    }

    public function testFileOfAProcessThatDiedIsTaken(): void
    {
        touch($this->file);
        $lock = new FileTicketLock($this->folder->path);
        $release = $lock->acquire('a');

        self::assertNotNull($release);
        self::assertNull($lock->acquire('a'), 'held');
        $release();
        self::assertFileDoesNotExist($this->file);
    }

    public function testFileOfAnotherUserIsNotTaken(): void
    {
        touch($this->file);

        if (0 !== posix_geteuid() || !chown($this->file, 65534)) {
            self::markTestSkipped('Only root can give a file away.');
        }

        self::assertNull((new FileTicketLock($this->folder->path))->acquire('a'));
        self::assertFileExists($this->file);
    }

    public function testFolderThatIsNotThere(): void
    {
        $this->expectException(\RuntimeException::class);
        $this->expectExceptionMessage('the folder must be writable');
        (new FileTicketLock($this->folder->path.'/none'))->acquire('a');
    }
}
