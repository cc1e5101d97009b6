<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Install\InstallException;
use Ferry\Install\Php;
use Ferry\Tests\Fixtures\Extension;
use PHPUnit\Framework\TestCase;

final class InstallTest extends TestCase
{
    private const COMMAND = __DIR__.'/../../../bin/ferry-install';

    private string $folder;

    protected function setUp(): void
    {
        $this->folder = sys_get_temp_dir().'/ferry-install-'.bin2hex(random_bytes(6));
        mkdir($this->folder.'/ini', recursive: true);
    }

    protected function tearDown(): void
    {
        exec('rm -rf '.escapeshellarg($this->folder));
    }

    public function testItCopiesTheLibraryAndLetsPhpLoadIt(): void
    {
        [$status, $output] = $this->install(['--from='.Extension::path(), "--extension-dir=$this->folder/made/here"]);

        self::assertSame(0, $status, $output);
        self::assertFileEquals(Extension::path(), "$this->folder/made/here/ferry.so");
        self::assertStringContainsString("extension=$this->folder/made/here/ferry.so\n", (string) file_get_contents("$this->folder/ini/ferry.ini"));
        self::assertStringContainsString(sprintf('loads ferry %s.', phpversion('ferry')), $output);
        self::assertSame((string) phpversion('ferry'), $this->php(['-r', 'echo phpversion("ferry");'])[1]);
    }

    public function testItDoesNothingWhenThisVersionIsLoaded(): void
    {
        $this->install(['--from='.Extension::path(), "--extension-dir=$this->folder"]);
        [$status, $output] = $this->install([]);

        self::assertSame(0, $status);
        self::assertStringContainsString('already', $output);
    }

    public function testItReplacesTheLibraryOfARunningProcess(): void
    {
        $this->install(['--from='.Extension::path(), "--extension-dir=$this->folder"]);
        $inode = fileinode("$this->folder/ferry.so");
        [$status] = $this->install(['--from='.Extension::path(), "--extension-dir=$this->folder"]);
        clearstatcache();

        self::assertSame(0, $status);
        self::assertNotSame($inode, fileinode("$this->folder/ferry.so"), 'the file that a process has mapped was written to');
        self::assertSame(['.', '..', 'ferry.so', 'ini'], scandir($this->folder));
    }

    public function testWithoutIniItSaysHowToLoadTheLibrary(): void
    {
        [$status, $output] = $this->install(['--from='.Extension::path(), "--extension-dir=$this->folder", '--no-ini']);

        self::assertSame(0, $status);
        self::assertStringContainsString("php -d extension=$this->folder/ferry.so", $output);
        self::assertFileDoesNotExist("$this->folder/ini/ferry.ini");
    }

    /**
     * @dataProvider refused
     *
     * @param list<string>          $arguments
     * @param array<string, string> $environment
     */
    #[\PHPUnit\Framework\Attributes\DataProvider('refused')]
    public function testItRefusesAndSaysWhatToDo(array $arguments, string $expected, array $environment = []): void
    {
        $places = ['FOLDER' => $this->folder, 'LIBRARY' => Extension::path()];
        $arguments = array_map(static fn (string $argument): string => strtr($argument, $places), $arguments);
        [$status, $output] = $this->install($arguments, $environment);

        self::assertSame(1, $status, $output);
        self::assertStringContainsString(strtr($expected, $places), $output);
    }

    /**
     * @return iterable<string, array{list<string>, string, 2?: array<string, string>}>
     */
    public static function refused(): iterable
    {
        yield 'unknown option' => [['--form=x'], 'There is no option "--form=x". See --help.'];
        yield 'flag with a value' => [['--force=yes'], '"--force" takes no value, "yes" given.'];
        yield 'option without its value' => [['--from'], '"--from" needs a value'];
        yield 'missing library' => [['--from=FOLDER/none.so', '--extension-dir=FOLDER', '--no-ini'], 'none.so" is not there.'];
        yield 'not a library' => [['--from='.__FILE__, '--extension-dir=FOLDER', '--no-ini'], 'cannot load "'.__FILE__.'". It must have been built for PHP '.\PHP_VERSION];
        yield 'folder that cannot be made' => [['--from=LIBRARY', '--extension-dir=/dev/null/x'], 'Name another with --extension-dir=DIR.'];
        yield 'ini folder that PHP does not read' => [['--from=LIBRARY', '--extension-dir=FOLDER', '--ini-dir=FOLDER/other'], 'Set PHP_INI_SCAN_DIR=:FOLDER/other'];
        yield 'no Rust' => [['--extension-dir=FOLDER', '--force'], 'Rust is missing.', ['PATH' => '/nowhere']];
    }

    /**
     * @dataProvider unfit
     *
     * @param array<string, mixed> $differences
     */
    #[\PHPUnit\Framework\Attributes\DataProvider('unfit')]
    public function testItNamesAPhpThatCannotRunTheExtension(array $differences, string $expected): void
    {
        $php = new Php(...$differences + ['binary' => '/usr/bin/php', 'version' => '8.3.1', 'threadSafe' => false, 'os' => 'Linux', 'extensionDir' => '/x', 'iniDir' => '/y']);
        $this->expectException(InstallException::class);
        $this->expectExceptionMessage($expected);
        $php->check();
    }

    /**
     * @return iterable<string, array{array<string, mixed>, string}>
     */
    public static function unfit(): iterable
    {
        yield 'old' => [['version' => '8.1.27'], 'Ferry needs PHP 8.2 or newer, /usr/bin/php is 8.1.27.'];
        yield 'thread-safe' => [['threadSafe' => true], 'thread-safe (ZTS)'];
        yield 'elsewhere' => [['os' => 'Darwin'], 'Ferry runs on Linux, this is Darwin.'];
    }

    /**
     * @param list<string>          $arguments
     * @param array<string, string> $environment
     *
     * @return array{int, string} exit status, and what it printed
     */
    private function install(array $arguments, array $environment = []): array
    {
        return $this->php([self::COMMAND, ...$arguments], $environment);
    }

    /**
     * @param list<string>          $arguments
     * @param array<string, string> $environment
     *
     * @return array{int, string}
     */
    private function php(array $arguments, array $environment = []): array
    {
        $process = proc_open([\PHP_BINARY, ...$arguments], [['file', '/dev/null', 'r'], ['pipe', 'w'], ['redirect', 1]], $pipes, null, $environment + ['PHP_INI_SCAN_DIR' => ":$this->folder/ini"] + getenv());
        self::assertIsResource($process);
        $output = (string) stream_get_contents($pipes[1]);

        return [proc_close($process), $output];
    }
}
