<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Bridge\Symfony;

use Ferry\Bridge\Symfony\Security\Session\SessionDecoder;
use Ferry\Bridge\Symfony\Security\Session\SessionReader;
use Ferry\Tests\Fixtures\Suit;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\StrictSessionHandler;

final class SessionReaderTest extends TestCase
{
    private const ID = 'abcdefghijklmnopqrstuvwxyz012345';

    private string $dir;

    protected function setUp(): void
    {
        $this->dir = sys_get_temp_dir().'/ferry-sessions-'.bin2hex(random_bytes(4));
        mkdir($this->dir);
    }

    protected function tearDown(): void
    {
        exec('rm -rf '.escapeshellarg($this->dir));
    }

    public function testReadsWhatPhpWrites(): void
    {
        $values = [
            '_sf2_attributes' => ['a' => 1, 'token' => 'O:1:"x";}|{', 'null' => null, 'float' => -1.5, 'enum' => Suit::Hearts, 'object' => (object) ['p' => [1, [true]]], 'empty' => []],
            'pipe' => 'y|z', 'list' => [], 'nested' => ['q' => ['r' => []]],
        ];

        foreach (['php', 'php_binary', 'php_serialize'] as $handler) {
            $data = $this->written($values, $handler);
            self::assertEquals($values, SessionDecoder::decode($data, $handler), $handler);

            foreach ([1, 3, 40] as $cut) {
                self::assertNull(SessionDecoder::decode(substr($data, 0, -$cut), $handler), "$handler, $cut bytes missing");
            }

            self::assertSame([], SessionDecoder::decode('', $handler));
        }

        $this->expectException(\LogicException::class);
        SessionDecoder::decode('x', 'igbinary');
    }

    public function testReadsFilesAndLeavesThemAlone(): void
    {
        $file = $this->dir.'/a/b/sess_'.self::ID;
        mkdir(\dirname($file), 0777, true);
        file_put_contents($file, '_sf2_attributes|a:1:{s:4:"user";s:5:"alice";}');
        touch($file, 1_600_000_000);
        // A web request of the same session is under way.
        $lock = fopen($file, 'r');
        flock($lock, \LOCK_EX);
        $reader = new SessionReader(new StrictSessionHandler(new \SessionHandler()), ['name' => 'SID'], '2;0600;'.$this->dir);
        $session = $reader->read(self::request('SID', self::ID));

        self::assertSame('alice', $session?->get('user'));
        self::assertSame([self::ID, 'SID'], [$session?->getId(), $session?->getName()]);

        $session?->set('user', 'bob');
        $session?->migrate(true);
        $session?->save();
        clearstatcache();
        self::assertSame(1_600_000_000, filemtime($file));
        self::assertSame('_sf2_attributes|a:1:{s:4:"user";s:5:"alice";}', file_get_contents($file));
        self::assertSame([$file], glob($this->dir.'/*/*/*'));
    }

    public function testThereIsNoSessionForAStrangersCookie(): void
    {
        file_put_contents($this->dir.'/sess_'.str_repeat('e', 32), '');
        file_put_contents($this->dir.'/sess_'.str_repeat('b', 32), '_sf2_attributes|a:1:{s:4:"us');
        file_put_contents($this->dir.'/secret', 'a|i:1;');
        $reader = new SessionReader(new \SessionHandler(), ['name' => 'SID'], $this->dir);

        foreach ([self::ID, str_repeat('e', 32), str_repeat('b', 32), '../secret', '', 'short', self::ID."\n", ['x']] as $id) {
            self::assertNull($reader->read(self::request('SID', $id)), json_encode($id));
        }

        self::assertNull($reader->read(self::request('OTHER', self::ID)));
        self::assertNull($reader->read(new Request()));
    }

    public function testAsksOtherHandlersAndFreesTheirLock(): void
    {
        $handler = new class implements \SessionHandlerInterface {
            /** @var list<string> */
            public array $calls = [];

            public function open(string $path, string $name): bool
            {
                $this->calls[] = 'open '.$name;

                return true;
            }

            public function close(): bool
            {
                $this->calls[] = 'close';

                return true;
            }

            public function read(string $id): string
            {
                $this->calls[] = 'read';

                return str_starts_with($id, 'fail') ? throw new \RuntimeException('gone') : '_sf2_attributes|a:1:{s:1:"a";i:1;}';
            }

            public function write(string $id, string $data): bool
            {
                $this->calls[] = 'write';

                return true;
            }

            public function destroy(string $id): bool
            {
                $this->calls[] = 'destroy';

                return true;
            }

            public function gc(int $lifetime): int
            {
                $this->calls[] = 'gc';

                return 0;
            }
        };
        $reader = new SessionReader($handler, ['name' => 'SID']);

        self::assertSame(1, $reader->read(self::request('SID', self::ID))?->get('a'));
        self::assertSame(['open SID', 'read', 'close'], $handler->calls);

        try {
            $reader->read(self::request('SID', 'fail'.self::ID));
            self::fail('It failed.');
        } catch (\RuntimeException) {
            self::assertSame('close', end($handler->calls));
        }
    }

    /**
     * In a process of its own: PHP changes nothing of sessions once something was printed.
     *
     * @param array<string, mixed> $values
     */
    private function written(array $values, string $handler): string
    {
        $code = 'require $argv[1]; session_start(["use_cookies" => 0, "cache_limiter" => ""]); $_SESSION = unserialize(base64_decode($argv[2])); echo session_encode();';
        $command = [\PHP_BINARY, '-d', 'session.serialize_handler='.$handler, '-d', 'session.save_path='.$this->dir, '-r', $code, \dirname(__DIR__, 3).'/Fixtures/Suit.php', base64_encode(serialize($values))];

        return (string) shell_exec(implode(' ', array_map('escapeshellarg', $command)));
    }

    private static function request(string $name, mixed $id): Request
    {
        return new Request(cookies: [$name => $id]);
    }
}
