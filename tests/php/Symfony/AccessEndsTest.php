<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\RevocationWatch;
use Ferry\Auth\RevokedTokens;
use Ferry\Auth\TicketIssuer;
use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Symfony\Security\BusyLock;
use Ferry\Tests\Symfony\Security\SecuredServer;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\HttpFoundation\Request;

/**
 * Tickets that let in once, and connections that end because somebody says so: tokens revoked, users disconnected, logouts.
 */
final class AccessEndsTest extends TestCase
{
    use SecuredServer;

    protected function tearDown(): void
    {
        // The next one gets new services.
        $this->kernel?->shutdown();
    }

    public function testTicketLetsInOnce(): void
    {
        $this->boot(['firewall' => 'api', 'ticket' => ['secret' => 'a secret of the application']]);
        $issuer = $this->kernel->service(TicketIssuer::class);
        $ticket = $issuer->issue('root');
        $connection = $this->open(new FakeHandshake('/admin?ticket='.$ticket));

        self::assertSame('admin', $this->ask($connection, 'x'));
        self::assertSame(401, $this->admit(new FakeHandshake('/admin?ticket='.$ticket)));
        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', token: 'for-alice'))->userIdentifier, 'the firewall still lets in');
    }

    public function testTicketsAreTakenUnderTheConfiguredLock(): void
    {
        $this->boot(['ticket' => ['secret' => 'a secret of the application', 'cache' => 'cache.app', 'lock' => BusyLock::class]]);

        self::assertSame(401, $this->admit(new FakeHandshake('/chat?ticket='.$this->kernel->service(TicketIssuer::class)->issue('root'))), 'another process has it');
    }

    public function testTicketsAreSharedThroughACache(): void
    {
        $this->boot(['ticket' => ['secret' => 'a secret of the application', 'cache' => 'cache.app']]);
        $ticket = $this->kernel->service(TicketIssuer::class)->issue('root');

        self::assertSame('root', $this->admit(new FakeHandshake('/chat?ticket='.$ticket))->userIdentifier);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat?ticket='.$ticket)));
    }

    public function testALockWithoutACacheIsRefused(): void
    {
        $this->expectException(InvalidConfigurationException::class);
        $this->expectExceptionMessage('ferry.auth.ticket.lock is of no use without ferry.auth.ticket.cache');

        $this->boot(['ticket' => ['secret' => 'a secret of the application', 'lock' => BusyLock::class]]);
    }

    public function testTheServerLooksForRevokedTokens(): void
    {
        $this->boot(['firewall' => 'api', 'revocation_cache' => 'cache.app']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $bob = $this->open(new FakeHandshake('/chat', token: 'for-root'));
        // A controller in another process.
        (new RevokedTokens($this->kernel->service('cache.app')))->revoke('for-alice');

        $this->kernel->service(RevocationWatch::class)->ticked(new Runner($this->dispatcher()), new Progress());

        self::assertSame([4401, true], [$alice->closeCode(), $bob->isOpen()]);
    }

    public function testUserAndTokenCanBeDisconnected(): void
    {
        $this->boot(['firewall' => 'api']);
        $registry = $this->kernel->service(ConnectionRegistry::class);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/chat', token: 'for-root'));

        self::assertSame([$alice], $registry->ofUser('alice'));
        self::assertSame(1, $registry->disconnectUser('alice'));
        self::assertSame(4401, $alice->closeCode());
        $this->dispatcher()->onClose($alice, 4401, '');
        self::assertSame(['root'], $registry->users());

        self::assertSame(1, $registry->revokeToken('for-root'));
        self::assertFalse($root->isOpen());
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'for-root')));
    }

    public function testLogoutClosesTheUsersConnections(): void
    {
        $this->boot(['firewall' => 'main'], ferry: ['publish' => ['dsn' => 'unix:///nonexistent/control.sock', 'secret' => str_repeat('s', 32)]]);
        self::assertTrue($this->kernel->getContainer()->has('test.service_container'));
        $publisher = $this->createMock(\Ferry\Publish\PublisherInterface::class);
        $publisher->expects(self::once())->method('disconnectUser')->with('alice', 4401, 'Logged out')
            ->willThrowException(new \Ferry\Exception\PublishException('no server'));
        $login = $this->kernel->handle(Request::create('/login', 'POST', ['_username' => 'alice', '_password' => 'secret']));
        $cookies = [];

        foreach ($login->headers->getCookies() as $cookie) {
            $cookies[$cookie->getName()] = (string) $cookie->getValue();
        }

        $this->kernel->shutdown();
        $this->kernel->boot();
        $this->kernel->getContainer()->set('publisher_double', $publisher);
        $logout = $this->kernel->handle(Request::create('/login/out', 'GET', [], $cookies));

        self::assertSame(302, $logout->getStatusCode(), 'the logout succeeds, whether the server runs or not');
    }
}
