<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Watch;

use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Fixtures\Folder;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Watch\FileWatcher;
use Ferry\Watch\OrphanListener;
use PHPUnit\Framework\TestCase;

final class FileWatcherTest extends TestCase
{
    public function testItSeesWhatIsNewDifferentAndGone(): void
    {
        $project = new Folder(['src/A.php' => 'a', 'config/services.yaml' => 'b', 'templates/x.html.twig' => 'c', '.env' => 'd', 'src/Gone.php' => 'e']);
        $watcher = new FileWatcher($project->path);

        self::assertSame(5, $watcher->count());
        self::assertSame([], $watcher->changes());

        $project->write('src/A.php', 'A');
        $project->write('src/Deep/New.php', 'n');
        $project->write('.env.local', 'l');
        unlink($project->path.'/src/Gone.php');

        self::assertEqualsCanonicalizing(['src/A.php', 'src/Deep/New.php', '.env.local', 'src/Gone.php'], $watcher->changes());
        self::assertSame([], $watcher->changes());
    }

    public function testAChangeInTheSameSecondOfTheSameSizeIsSeen(): void
    {
        $project = new Folder(['a.php' => 'one']);
        // From the future, so that it is young however slow the test is.
        $time = time() + 3600;
        touch($project->path.'/a.php', $time);
        $watcher = new FileWatcher($project->path);

        // In place: the same inode, size and second.
        file_put_contents($project->path.'/a.php', 'two');
        touch($project->path.'/a.php', $time);

        self::assertSame(['a.php'], $watcher->changes());
        self::assertSame([], $watcher->changes());
    }

    public function testAFileThatGrowsOldHasNotChanged(): void
    {
        $project = new Folder(['a.php' => 'one']);
        touch($project->path.'/a.php', time() - 1);
        $watcher = new FileWatcher($project->path);
        $deadline = microtime(true) + 10;

        do {
            self::assertSame([], $watcher->changes());
            usleep(100_000);
        } while (time() - filemtime($project->path.'/a.php') < 4 && microtime(true) < $deadline);

        file_put_contents($project->path.'/a.php', 'two');
        self::assertSame(['a.php'], $watcher->changes());
    }

    public function testWhatIsNotTheProjectsOwnIsLeftOut(): void
    {
        $project = new Folder(['vendor/a/b.php' => '', 'var/cache/c.php' => '', 'node_modules/d/e.yaml' => '', '.git/f.php' => '', 'storage/g.php' => '', 'bootstrap/cache/h.php' => '', 'public/i.js' => '', 'README.md' => '']);
        symlink($project->path.'/vendor', $project->path.'/link');
        $watcher = new FileWatcher($project->path);

        self::assertSame(0, $watcher->count());

        // What Composer writes last.
        $project->write('vendor/composer/installed.php', '<?php');
        self::assertSame(['vendor/composer/installed.php'], $watcher->changes());
    }

    public function testTheNumberOfFilesIsBounded(): void
    {
        $project = new Folder(array_fill_keys(array_map(static fn (int $i): string => "f$i.php", range(1, 20)), ''));
        $watcher = new FileWatcher($project->path, 10);

        self::assertSame(10, $watcher->count());
        self::assertTrue($watcher->isTruncated());
        self::assertFalse((new FileWatcher($project->path, 20))->isTruncated());
    }

    public function testAServerWhoseSupervisorIsGoneStops(): void
    {
        $parent = 7;
        $server = new FakeServer([
            FakeServer::tick(new Progress(uptime: 1.0)),
            static function () use (&$parent): void { $parent = 1; },
            FakeServer::tick(new Progress(uptime: 2.0)),
            FakeServer::message('not played any more'),
        ]);
        $runner = new Runner(new RecordingHandler(), [], [], 5.0, static fn (): FakeServer => $server);

        $runner->run([], [new OrphanListener(7, static function () use (&$parent): int { return $parent; })]);

        self::assertSame(3, $server->played);
    }
}
