<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Tests\Fixtures\Process;
use PHPUnit\Framework\TestCase;

final class AuthScopeTest extends TestCase
{
    public function testUserIsGoneAfterAnExitInTheHandler(): void
    {
        $process = new Process([\PHP_BINARY, \dirname(__DIR__).'/Fixtures/exit-in-handler.php']);

        self::assertSame(3, $process->waitForExit(), $process->output());
        self::assertSame("in the handler: 7\nat the end: nobody\n", $process->output());
    }
}
