<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Tests\Fixtures\Process;
use PHPUnit\Framework\TestCase;

/**
 * What an application's own unit tests and its web requests need works where ext-ferry is missing.
 */
final class WithoutExtensionTest extends TestCase
{
    public function testTheUnitTestsPassWithoutTheExtension(): void
    {
        // -n leaves out an extension that the machine's own ini files load.
        $process = new Process([\PHP_BINARY, ...self::withoutFerry(), $_SERVER['argv'][0], '-c', \dirname(__DIR__).'/phpunit.xml.dist', '--testsuite', 'unit', '--colors=never', '--no-logging']);

        $exitCode = $process->waitForExit();

        self::assertSame(0, $exitCode, $process->output());
        // With notices, such as newer PHPUnit's about mocks, the sum has a line of its own.
        self::assertMatchesRegularExpression('/^OK(?: \(|, but .*\RTests: )[1-9]\d+/m', $process->output());
    }

    public function testRealConnectionsCannotBeMadeWithoutTheExtension(): void
    {
        $process = new Process([\PHP_BINARY, ...self::withoutFerry(), '-r', <<<'PHP'
            require $argv[1];
            var_dump(extension_loaded('ferry'), (new Ferry\Identity('alice', ['ROLE_USER']))->roles);
            try {
                (new ReflectionClass(Ferry\Connection::class))->newInstanceWithoutConstructor()->send('x');
            } catch (Ferry\Exception\ExceptionInterface $e) {
                echo get_class($e), ': ', $e->getMessage(), "\n";
            }
            PHP, '--', \dirname(__DIR__).'/bootstrap.php']);

        self::assertSame(0, $process->waitForExit(), $process->output());
        self::assertStringContainsString('bool(false)', $process->output());
        self::assertStringContainsString('ROLE_USER', $process->output());
        self::assertStringContainsString('Ferry\Exception\LogicException: Ferry\Connection objects are made by the server', $process->output());
    }

    /**
     * @return list<string> PHP arguments that load the machine's extensions, without ferry
     */
    private static function withoutFerry(): array
    {
        $arguments = ['-n'];

        foreach (array_filter(explode(',', (string) php_ini_scanned_files())) as $file) {
            $directives = parse_ini_file(trim($file), false, \INI_SCANNER_RAW) ?: [];

            foreach ($directives as $name => $value) {
                if (!str_contains($value, 'ferry')) {
                    array_push($arguments, '-d', $name.'='.$value);
                }
            }
        }

        return $arguments;
    }
}
