<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Bridge\Symfony;

use Ferry\Bridge\Symfony\Security\ConnectionToken;
use Ferry\Bridge\Symfony\Security\Users;
use Ferry\Identity;
use Ferry\Tests\Fixtures\Process;
use PHPUnit\Framework\TestCase;

final class UserScopeTest extends TestCase
{
    public function testUserIsGoneAfterAnExitInTheHandler(): void
    {
        $process = new Process([\PHP_BINARY, \dirname(__DIR__, 3).'/Fixtures/exit-in-handler.php']);

        self::assertSame(3, $process->waitForExit(), $process->output());
        self::assertSame("in the handler: alice\nat the end: nobody\n", $process->output());
    }

    public function testTokenOfAConnectionLeavesTheProcessNotAtAll(): void
    {
        $token = new ConnectionToken(new Identity('alice'), new Users(), 'main');

        $this->expectException(\LogicException::class);
        serialize($token);
    }

    public function testFailureToLoadTheUserIsNoLogout(): void
    {
        $provider = $this->createMock(\Ferry\Tests\Fixtures\UserProvider::class);
        $provider->method('loadUserByIdentifier')->willThrowException(new \RuntimeException('the database is away'));
        $token = new ConnectionToken(new Identity('alice'), new Users($provider), 'main');

        for ($attempt = 0; $attempt < 2; ++$attempt) {
            try {
                $token->getUser();
                self::fail('It fails.');
            } catch (\RuntimeException $e) {
                self::assertSame('the database is away', $e->getMessage());
            }

            self::assertFalse($token->isRevoked());
        }
    }
}
