<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Symfony\Security\NotLocked;
use Ferry\Tests\Symfony\Security\Person;
use Ferry\Tests\Symfony\Security\SecuredServer;
use PHPUnit\Framework\TestCase;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Security\Core\Authentication\RememberMe\InMemoryTokenProvider;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authentication\Token\UsernamePasswordToken;

/**
 * A real SecurityBundle with real firewalls; only the network is missing.
 */
final class SecurityTest extends TestCase
{
    use SecuredServer;

    private string $sessions;

    protected function setUp(): void
    {
        $this->sessions = sys_get_temp_dir().'/ferry-sessions-'.bin2hex(random_bytes(4));
    }

    protected function tearDown(): void
    {
        // The next one gets new services.
        $this->kernel?->shutdown();
        exec('rm -rf '.escapeshellarg($this->sessions));
    }

    public function testFirewallsAuthenticatorsFindOutWhoConnects(): void
    {
        $this->boot(['firewall' => 'api']);

        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', token: 'for-alice'))->userIdentifier);
        self::assertSame('root', $this->admit(new FakeHandshake('/chat', ['Authorization' => 'Bearer for-root'], token: 'for-root'))->userIdentifier);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat')), 'nobody');
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'wrong')));
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'for-nobody')));
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'for-locked')), 'the user checker is asked');
        self::assertSame(429, $this->admit(new FakeHandshake('/chat', token: 'throttled')), 'a status of its own');
        self::assertNull($this->tokens()->getToken());
    }

    public function testIdentityHoldsNoUserAndKeepsTheToken(): void
    {
        $this->boot(['firewall' => 'api']);
        $identity = $this->admit(new FakeHandshake('/chat', token: 'for-root'));

        self::assertSame(['root', ['ROLE_USER', 'ROLE_ADMIN'], 'for-root', null], [$identity->userIdentifier, $identity->roles, $identity->token, $identity->expiresAt]);

        $jwt = 'e30.'.rtrim(base64_encode('{"exp":2000000000,"jti":"t1","admin":true}'), '=').'.alice';
        $identity = $this->admit(new FakeHandshake('/chat', token: $jwt));
        self::assertSame(2_000_000_000, $identity->expiresAt, 'the connection ends with its token');
        self::assertSame(['jti' => 't1'], $identity->claims);
        $this->kernel->service(ConnectionRegistry::class)->revokeToken('t1', 2_000_000_000);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: $jwt)), 'revoked by its id');
    }

    public function testHttpBasic(): void
    {
        $this->boot(['firewall' => 'basic']);

        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', ['Authorization' => 'Basic '.base64_encode('alice:secret')]))->userIdentifier);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', ['Authorization' => 'Basic '.base64_encode('alice:wrong')])));
    }

    public function testAccessToken(): void
    {
        if (Kernel::VERSION_ID < 60200) {
            $this->expectNotToPerformAssertions();

            return;
        }

        $this->boot(['firewall' => 'access_token']);

        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', token: 'for-alice'))->userIdentifier);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'wrong')));
    }

    public function testSessionOfAFormLogin(): void
    {
        $this->boot(['firewall' => 'main']);
        $this->kernel->service(TokenStorageInterface::class);
        $response = $this->kernel->handle(Request::create('/login', 'POST', ['_username' => 'alice', '_password' => 'secret']));
        $cookie = array_column(array_map(static fn ($cookie): array => [$cookie->getName(), $cookie->getValue()], $response->headers->getCookies()), 1, 0);
        self::assertArrayHasKey('MOCKSESSID', $cookie, (string) $response);
        $session = ['MOCKSESSID' => (string) $cookie['MOCKSESSID']];
        $file = $this->kernel->getCacheDir().'/sessions/'.$cookie['MOCKSESSID'].'.mocksess';
        $before = file_get_contents($file);

        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', cookies: $session))->userIdentifier);
        self::assertSame($before, file_get_contents($file));
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', cookies: ['MOCKSESSID' => str_repeat('a', 64)])));
        self::assertSame(401, $this->admit(new FakeHandshake('/chat')));

        // Browsers send cookies along from any page.
        foreach (['https://evil.example', 'null'] as $foreign) {
            self::assertSame(401, $this->admit(new FakeHandshake('/chat', ['Host' => 'example.org:8080', 'Origin' => $foreign], $session)));
        }

        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', ['Host' => 'example.org:8080', 'Origin' => 'https://Example.org'], $session))->userIdentifier);

        // As long as the password is the one of the login, whatever token is shown that nobody asks for.
        $connection = $this->open(new FakeHandshake('/chat', cookies: $session));
        $withToken = $this->open(new FakeHandshake('/chat', cookies: $session, token: 'junk'));
        self::assertNull($withToken->identity()?->token);
        self::assertSame('alice', $this->ask($connection, 'me'));
        self::assertSame('alice', $this->ask($withToken, 'me'));
        $this->people()->rows['alice'][0] = 'another';
        self::assertSame('unauthenticated', $this->ask($withToken, 'me')['code']);
        self::assertSame('unauthenticated', $this->ask($connection, 'me')['code']);
        self::assertSame(4401, $connection->closeCode());
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', cookies: $session)), 'the session ends as it does for pages');
    }

    /**
     * @testWith [false]
     *           [true]
     */
    #[\PHPUnit\Framework\Attributes\TestWith([false])]
    #[\PHPUnit\Framework\Attributes\TestWith([true])]
    public function testSessionInPhpsFiles(bool $byUrl): void
    {
        $id = str_repeat('x', 32);
        $handler = $byUrl ? ['handler_id' => 'file://'.$this->sessions] : ['handler_id' => 'session.handler.native_file', 'save_path' => $this->sessions];
        mkdir($this->sessions);
        $token = new UsernamePasswordToken(new Person('root', 'secret', ['ROLE_USER', 'ROLE_ADMIN']), 'main', ['ROLE_USER', 'ROLE_ADMIN']);
        file_put_contents($file = $this->sessions.'/sess_'.$id, '_sf2_attributes|'.serialize(['_security_main' => serialize($token)]).'_sf2_meta|'.serialize(['u' => 1, 'c' => 1, 'l' => 0]));
        touch($file, 1_600_000_000);
        $this->boot(['firewall' => 'main'], ['session' => ['storage_factory_id' => 'session.storage.factory.native', 'name' => 'SID'] + $handler]);

        self::assertSame('root', $this->admit(new FakeHandshake('/chat', cookies: ['SID' => $id]))->userIdentifier);
        clearstatcache();
        self::assertSame(1_600_000_000, filemtime($file));
        self::assertSame(\PHP_SESSION_NONE, session_status());
    }

    public function testRememberMeIsNoFullLogin(): void
    {
        $this->boot(['firewall' => 'main']);
        $response = $this->kernel->handle(Request::create('/login', 'POST', ['_username' => 'alice', '_password' => 'secret', '_remember_me' => 'on']));
        $cookies = [];

        foreach ($response->headers->getCookies() as $cookie) {
            $cookies[$cookie->getName()] = (string) $cookie->getValue();
        }

        self::assertArrayHasKey('REMEMBERME', $cookies);
        $remembered = $this->open(new FakeHandshake('/chat', cookies: ['REMEMBERME' => $cookies['REMEMBERME']]));
        $full = $this->open(new FakeHandshake('/chat', cookies: ['MOCKSESSID' => $cookies['MOCKSESSID']]));

        self::assertSame('alice', $this->ask($remembered, 'me'));
        self::assertSame(['yes', 'no'], [$this->ask($remembered, 'granted', attribute: 'IS_AUTHENTICATED_REMEMBERED'), $this->ask($remembered, 'granted', attribute: 'IS_AUTHENTICATED_FULLY')]);
        self::assertSame('yes', $this->ask($full, 'granted', attribute: 'IS_AUTHENTICATED_FULLY'));
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', cookies: ['REMEMBERME' => substr($cookies['REMEMBERME'], 0, -8).'AAAAAAAA'])));
    }

    public function testRememberMeTokensThatChangeAreLeftAlone(): void
    {
        $this->boot(['firewall' => 'persistent']);
        $response = $this->kernel->handle(Request::create('/persistent', 'POST', ['_username' => 'alice', '_password' => 'secret', '_remember_me' => 'on']));
        $cookies = [];

        foreach ($response->headers->getCookies() as $cookie) {
            $cookies[$cookie->getName()] = (string) $cookie->getValue();
        }

        self::assertArrayHasKey('REMEMBERME', $cookies);
        $stored = $this->kernel->service(InMemoryTokenProvider::class);
        $before = print_r($stored, true);
        self::assertStringContainsString('alice', $before);
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', cookies: ['REMEMBERME' => $cookies['REMEMBERME']])));
        self::assertSame($before, print_r($stored, true));
        self::assertSame('alice', $this->admit(new FakeHandshake('/chat', cookies: $cookies))->userIdentifier, 'the session works');
    }

    public function testAccessControlAndVisitors(): void
    {
        $this->boot(['firewall' => 'api', 'required' => false], control: [['path' => '^/admin', 'roles' => 'ROLE_ADMIN']]);

        self::assertSame(401, $this->admit(new FakeHandshake('/admin')));
        self::assertSame(403, $this->admit(new FakeHandshake('/admin', token: 'for-alice')));
        self::assertSame('root', $this->admit(new FakeHandshake('/admin', token: 'for-root'))->userIdentifier);
        self::assertNull($this->admit(new FakeHandshake('/chat')), 'visitors are let in');
        self::assertSame(401, $this->admit(new FakeHandshake('/chat', token: 'wrong')), 'but not with a wrong token');

        $visitor = $this->open(new FakeHandshake('/chat'));
        self::assertSame(['user' => null, 'roles' => null, 'same' => true], $this->ask($visitor, 'who'));
        self::assertSame('unauthenticated', $this->ask($visitor, 'me')['code']);
        self::assertSame('unauthenticated', $this->ask($visitor, 'admin')['code']);
        self::assertTrue($visitor->isOpen());
    }

    public function testIsGrantedOnAHandlersClassIsCheckedBeforeTheUpgrade(): void
    {
        $this->boot(['firewall' => 'api', 'required' => false]);

        self::assertSame(401, $this->admit(new FakeHandshake('/admin')));
        self::assertSame(403, $this->admit(new FakeHandshake('/admin', token: 'for-alice')));
        $connection = $this->open(new FakeHandshake('/admin', token: 'for-root'));
        self::assertSame('admin', $this->ask($connection, 'x'));
        $this->people()->rows['root'][1] = ['ROLE_USER'];
        self::assertSame('access_denied', $this->ask($connection, 'x')['code'], 'and with each message');
    }

    public function testUserIsInTheTokenStorageWhileAnEventIsHandled(): void
    {
        $this->boot(['firewall' => 'api']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/chat', token: 'for-root'));

        self::assertSame(['user' => 'alice', 'roles' => ['ROLE_USER'], 'same' => true], $this->ask($alice, 'who'));
        self::assertNull($this->tokens()->getToken());
        self::assertSame(['user' => 'root', 'roles' => ['ROLE_USER', 'ROLE_ADMIN'], 'same' => true], $this->ask($root, 'who'));

        try {
            $this->dispatcher()->onMessage($alice, '{"type":"throw"}', false);
            self::fail('It throws.');
        } catch (\DomainException $e) {
            self::assertSame('alice', $e->getMessage());
        }

        self::assertNull($this->tokens()->getToken());
    }

    public function testUserIsLoadedOncePerEventAndOnlyWhenAskedFor(): void
    {
        $this->boot(['firewall' => 'api']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $this->people()->loads = 0;

        $this->ask($alice, 'nothing');
        self::assertSame(0, $this->people()->loads);
        $this->ask($alice, 'who');
        self::assertSame(1, $this->people()->loads);
        $this->ask($alice, 'who');
        self::assertSame(2, $this->people()->loads);
    }

    public function testIsGrantedOnMethods(): void
    {
        $this->boot(['firewall' => 'api']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/chat', token: 'for-root'));

        self::assertSame('admin', $this->ask($root, 'admin'));
        self::assertSame(['type' => 'error', 'code' => 'access_denied', 'message' => 'Admins only.'], $this->ask($alice, 'admin'));
        self::assertSame('edited', $this->ask($alice, 'edit', owner: 'alice'));
        self::assertSame('access_denied', $this->ask($alice, 'edit', owner: 'bob')['code']);
        self::assertSame(['yes', 'no'], [$this->ask($alice, 'granted', attribute: 'ROLE_USER'), $this->ask($alice, 'granted', attribute: 'ROLE_ADMIN')]);
        self::assertTrue($alice->isOpen());

        // Roles are those of now, not of the login.
        $this->people()->rows['alice'][1][] = 'ROLE_ADMIN';
        self::assertSame('admin', $this->ask($alice, 'admin'));
    }

    public function testIsGrantedOnAMethodOfHandlerInterface(): void
    {
        $this->boot(['firewall' => 'api']);

        self::assertSame('access_denied', $this->ask($this->open(new FakeHandshake('/raw', token: 'for-alice')), 'x')['code']);
        self::assertSame('raw {"type":"x"}', $this->ask($this->open(new FakeHandshake('/raw', token: 'for-root')), 'x'));
    }

    public function testWhoIsGoneOrLockedOutIsDisconnected(): void
    {
        $this->boot(['firewall' => 'api']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $root = $this->open(new FakeHandshake('/chat', token: 'for-root'));

        unset($this->people()->rows['alice']);
        self::assertSame('done', $this->ask($alice, 'nothing'), 'nobody has asked who it is');
        self::assertSame('unauthenticated', $this->ask($alice, 'admin')['code']);
        self::assertSame(4401, $alice->closeCode());

        $this->kernel->service(NotLocked::class)->everybodyIsLocked = true;
        self::assertSame(['user' => null, 'roles' => [], 'same' => true], $this->ask($root, 'who'));
        self::assertSame(4401, $root->closeCode());
    }

    public function testUserWhomNobodyCanLoadStaysAsHeWas(): void
    {
        $this->boot(['firewall' => 'api']);
        $connection = $this->open(new FakeHandshake('/chat', token: 'external'));

        self::assertSame(['user' => 'external', 'roles' => ['ROLE_EXTERNAL'], 'same' => true], $this->ask($connection, 'who'));
        self::assertSame('access_denied', $this->ask($connection, 'me')['code'], 'it is no Person');
    }

    public function testVerifiedTokenIsEnoughWithoutAFirewall(): void
    {
        $this->boot(['jwt' => ['algorithms' => ['HS256'], 'key' => '0123456789abcdef0123456789abcdef']]);
        $identity = new Identity('alice', ['ROLE_FROM_TOKEN'], ['sub' => 'alice']);
        $connection = $this->open(new FakeHandshake('/chat', identity: $identity));

        self::assertSame(['user' => 'alice', 'roles' => ['ROLE_USER'], 'same' => true], $this->ask($connection, 'who'), 'the only provider loads users');
        self::assertSame(401, $this->admit(new FakeHandshake('/chat')));
        self::assertSame(['algorithms' => ['HS256'], 'key' => '0123456789abcdef0123456789abcdef'], $this->kernel->getContainer()->getParameter('ferry.server.options')['jwt']);
    }

    public function testVerifiedTokenAndFirewallTogether(): void
    {
        $this->boot(['firewall' => 'api', 'jwt' => ['algorithms' => ['HS256'], 'key' => '0123456789abcdef0123456789abcdef']]);
        $verified = new Identity('alice', [], ['sub' => 'alice', 'room' => 5], 'a.b.alice', 2_000_000_000);
        $identity = $this->admit(new FakeHandshake('/chat', token: 'a.b.alice', identity: $verified));

        self::assertSame(['alice', ['ROLE_USER'], ['sub' => 'alice', 'room' => 5], 2_000_000_000], [$identity->userIdentifier, $identity->roles, $identity->claims, $identity->expiresAt]);
        self::assertFalse($this->kernel->getContainer()->getParameter('ferry.server.options')['jwt']['required'], 'the firewall may know who has no token');
    }

    public function testAnothersTokenSaysNothingAboutTheFirewallsUser(): void
    {
        $this->boot(['firewall' => 'api', 'jwt' => ['algorithms' => ['HS256'], 'key' => '0123456789abcdef0123456789abcdef']]);
        [$jwt, $verified] = self::anothersToken();

        $identity = $this->admit(new FakeHandshake('/chat', token: $jwt, identity: $verified));

        self::assertSame(['alice', ['ROLE_USER'], ['jti' => 't2'], null, 2_000_000_000], [$identity->userIdentifier, $identity->roles, $identity->claims, $identity->token, $identity->expiresAt]);
    }

    public function testAnothersTokenSaysNothingAboutTheSessionsUser(): void
    {
        [$jwt, $verified] = self::anothersToken();
        $this->boot(['firewall' => 'main', 'jwt' => ['algorithms' => ['HS256'], 'key' => '0123456789abcdef0123456789abcdef']]);
        $response = $this->kernel->handle(Request::create('/login', 'POST', ['_username' => 'alice', '_password' => 'secret']));
        $cookie = array_column(array_map(static fn ($cookie): array => [$cookie->getName(), $cookie->getValue()], $response->headers->getCookies()), 1, 0);

        $identity = $this->admit(new FakeHandshake('/chat', cookies: ['MOCKSESSID' => (string) $cookie['MOCKSESSID']], token: $jwt, identity: $verified));

        self::assertSame(['alice', ['ROLE_USER'], [], null, null], [$identity->userIdentifier, $identity->roles, $identity->claims, $identity->token, $identity->expiresAt]);
    }

    public function testRetriedEventLoadsItsUserAgain(): void
    {
        $this->boot(['firewall' => 'api']);
        $alice = $this->open(new FakeHandshake('/chat', token: 'for-alice'));
        $scope = $this->kernel->service(\Ferry\Bridge\Symfony\Security\UserScope::class);
        $token = $this->kernel->service(\Ferry\Bridge\Symfony\Security\Users::class)->token($alice->identity(), 'api');
        $this->tokens()->setToken($token);
        $before = $token->getUser();
        $scope->forget();

        self::assertNotSame($before, $token->getUser());
    }

    /**
     * @dataProvider badConfigurations
     *
     * @param array<string, mixed> $auth
     */
    #[\PHPUnit\Framework\Attributes\DataProvider('badConfigurations')]
    public function testBadConfigurationIsRefusedAtCompileTime(array $auth, string $message): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessageMatches($message);

        $this->boot($auth);
    }

    /**
     * @return iterable<string, array{array<string, mixed>, string}>
     */
    public static function badConfigurations(): iterable
    {
        yield 'no such firewall' => [['firewall' => 'mian'], '/"ferry.auth.firewall" is "mian", and there is no such firewall. There are: "off", "main", "persistent", "api", "basic"/'];
        yield 'security: false' => [['firewall' => 'off'], '/"off", which has "security: false"/'];
        yield 'no such provider' => [['provider' => 'nobody'], '/"ferry.auth.provider" is "nobody"/'];
    }

    public function testFirewallWithoutSecurityBundleIsRefused(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('composer require symfony/security-bundle');

        self::$kernels[] = $this->kernel = new TestKernel(['auth' => ['firewall' => 'main']]);
        $this->kernel->boot();
    }

    public function testRegistryWorksWithoutSecurityBundle(): void
    {
        self::$kernels[] = $this->kernel = new TestKernel([], [\Ferry\Tests\Symfony\Fixtures\PingHandler::class], static fn (ContainerBuilder $container) => $container->setAlias('registry', ConnectionRegistry::class)->setPublic(true));
        $connection = new FakeConnection(identity: new Identity('alice'), handshake: new FakeHandshake('/ping'));
        $this->dispatcher()->onOpen($connection);

        self::assertSame([$connection], $this->kernel->service(ConnectionRegistry::class)->ofUser('alice'));
    }

    /**
     * @return array{string, Identity} the token, which Rust has verified, of another than alice
     */
    private static function anothersToken(): array
    {
        $jwt = 'e30.'.rtrim(base64_encode('{"sub":"mallory","exp":2000000000,"jti":"t2","admin":true}'), '=').'.alice';

        return [$jwt, new Identity('mallory', ['ROLE_ADMIN'], ['sub' => 'mallory', 'jti' => 't2', 'admin' => true], $jwt, 2_000_000_000)];
    }
}
