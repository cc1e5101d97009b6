<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Identity;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Symfony\Fixtures\PingHandler;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

/**
 * Settings that are right by themselves, of which one makes another void, are refused when the container is compiled.
 */
final class ContradictionsTest extends TestCase
{
    private const JWT = ['algorithms' => ['HS256'], 'key' => 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk'];
    private const SECRET = 'ssssssssssssssssssssssssssssssss';

    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    /**
     * @dataProvider contradictions
     *
     * @param array<string, mixed> $ferry
     * @param list<string>         $named both settings, and the remedy
     */
    #[DataProvider('contradictions')]
    public function testTheyAreRefused(array $ferry, array $named): void
    {
        Extension::assertLoaded();

        try {
            $this->boot($ferry);
        } catch (\Exception $e) {
            foreach ($named as $name) {
                self::assertStringContainsString($name, $e->getMessage());
            }

            return;
        }

        self::fail('The container was compiled.');
    }

    /**
     * @return iterable<string, array{array<string, mixed>, list<string>}>
     */
    public static function contradictions(): iterable
    {
        $api = static fn (array $settings): array => ['api' => $settings + ['base_uri' => 'https://example.org']];
        $publish = static fn (array $settings): array => ['publish' => $settings];

        yield 'client in the mode async' => [$api(['client' => 'http_client']), ['"ferry.api.client"', '"ferry.api.mode" is "async"', 'Set "ferry.api.mode: http"']];
        yield 'client in the mode kernel' => [$api(['mode' => 'kernel', 'client' => 'http_client']), ['"ferry.api.client"', '"ferry.api.mode" is "kernel"']];
        yield 'options in the mode kernel' => [$api(['mode' => 'kernel', 'options' => ['connect_timeout' => 2.0]]), ['"ferry.api.options"', '"ferry.api.mode" is "kernel"', 'Set "ferry.api.mode: async"']];
        yield 'options in the mode http' => [$api(['mode' => 'http', 'options' => ['connect_timeout' => 2.0]]), ['"ferry.api.options"', '"ferry.api.mode" is "http"', '"framework.http_client"']];
        yield 'redirections twice' => [$api(['options' => ['max_redirects' => 5]]), ['"ferry.api.options" has "max_redirects"', '"ferry.api.max_redirects"']];
        yield 'length of answers twice' => [$api(['options' => ['max_body_bytes' => 5]]), ['"ferry.api.options" has "max_body_bytes"', '"ferry.api.max_body_bytes"']];
        yield 'address of the API twice' => [$api(['options' => ['base_uri' => 'https://example.com']]), ['"ferry.api.options" has "base_uri"', '"ferry.api.base_uri"']];
        yield 'unknown option of the client' => [$api(['options' => ['bogus' => 1]]), ['"ferry.api.options": Option "bogus" is unknown']];
        yield 'no time for the API' => [$api(['timeout' => 0.0]), ['"ferry.api": The option timeout must be more than 0']];
        yield 'header that the client has' => [$api(['headers' => ['Authorization' => 'Bearer x']]), ['"ferry.api": The option headers must not have "authorization"']];

        yield 'token that is not required and is' => [['auth' => ['required' => false, 'jwt' => self::JWT + ['required' => true]]], ['"ferry.auth.required" is false', '"ferry.auth.jwt.required" is true', 'Remove one']];
        yield 'required, and nobody asks' => [['auth' => ['required' => true]], ['"ferry.auth.required" is true', '"ferry.auth.jwt", "ferry.auth.firewall" or "ferry.auth.ticket"']];
        yield 'provider without security' => [['auth' => ['provider' => 'people']], ['"ferry.auth.provider" is "people"', '"security.providers"', 'remove the setting']];
        yield 'ticket where the token is' => [['auth' => ['jwt' => self::JWT, 'ticket' => ['secret' => self::SECRET, 'parameter' => 'token']]], ['"ferry.auth.ticket.parameter" is "token"', '"ferry.auth.token.query"', 'different names']];
        yield 'token where the ticket is' => [['auth' => ['jwt' => self::JWT, 'token' => ['query' => 'ticket'], 'ticket' => ['secret' => self::SECRET]]], ['"ferry.auth.ticket.parameter" is "ticket"', '"ferry.auth.token.query"']];
        yield 'short secret of tickets' => [['auth' => ['ticket' => ['secret' => 'short']]], ['"ferry.auth.ticket.secret"', 'at least 16 bytes, 5 given']];
        yield 'lock without a pool' => [['auth' => ['ticket' => ['secret' => self::SECRET, 'lock' => 'x']]], ['ferry.auth.ticket.lock', 'ferry.auth.ticket.cache']];

        yield 'limits of no endpoint' => [$publish(['limits' => ['max_rate' => 1]]), ['"ferry.publish.limits"', '"ferry.publish.dsn: in-process:"', 'Set "ferry.publish.listen"']];
        yield 'mode of no endpoint' => [$publish(['dsn' => 'redis://localhost', 'mode' => 0660]), ['"ferry.publish.mode"', '"ferry.publish.dsn: redis:"', 'Set "ferry.publish.listen"']];
        yield 'mode of an address' => [$publish(['dsn' => 'http://127.0.0.1:8081', 'secret' => self::SECRET, 'mode' => 0660]), ['Option "control.mode" is for Unix sockets']];
        yield 'limits that are none' => [$publish(['dsn' => 'unix:///run/x.sock', 'secret' => self::SECRET, 'limits' => ['secret' => 'x']]), ['"ferry.publish.limits" has "secret"', '"ferry.publish.secret"']];
        yield 'endpoint without a secret' => [$publish(['dsn' => 'unix:///run/x.sock']), ['"ferry.publish.dsn"', '"ferry.publish.secret" is not set', 'at least 32 bytes']];
        yield 'unknown DSN' => [$publish(['dsn' => 'amqp://localhost']), ['"ferry.publish": The DSN for publishing must begin with unix:']];
        yield 'no time for publishing' => [$publish(['dsn' => 'unix:///run/x.sock', 'secret' => self::SECRET, 'timeout' => -1.0]), ['"ferry.publish": Argument $timeout must be above 0']];
        yield 'two Redis' => [['publish' => ['dsn' => 'redis://one'], 'server' => ['redis' => ['dsn' => 'redis://two']]], ['"ferry.server.redis"', '"ferry.publish.dsn"', 'Remove the one of the server']];

        yield 'time for no retry' => [['hygiene' => ['retry' => false, 'reconnect_timeout' => 5.0]], ['"ferry.hygiene.reconnect_timeout"', '"ferry.hygiene.retry" is false', 'Remove one']];
    }

    /**
     * @dataProvider agreements
     *
     * @param array<string, mixed> $ferry
     * @param list<class-string>   $services
     */
    #[DataProvider('agreements')]
    public function testWhatGoesTogetherIsCompiled(array $ferry, array $services = []): void
    {
        Extension::assertLoaded();
        $this->boot($ferry, $services);
        self::assertTrue($this->kernel?->getContainer()->has(\Ferry\Runner::class));
    }

    /**
     * @return iterable<string, array{0: array<string, mixed>, 1?: list<class-string>}>
     */
    public static function agreements(): iterable
    {
        yield 'options of the mode async' => [['api' => ['base_uri' => 'https://example.org', 'options' => ['connect_timeout' => 2.0, 'ca_file' => '/not/on/this/machine.pem']]]];
        yield 'options from the environment' => [['api' => ['base_uri' => '%env(FERRY_TEST_API)%', 'headers' => ['X-Key' => '%env(FERRY_TEST_KEY)%'], 'options' => ['user_agent' => '%env(FERRY_TEST_AGENT)%']]]];
        yield 'the mode kernel after all' => [['api' => ['base_uri' => 'https://example.org', 'mode' => 'kernel', 'client' => null, 'options' => [], 'timeout' => 5.0]]];
        yield 'required, and the application asks' => [['auth' => ['required' => true]], [Porter::class]];
        yield 'required, by a token' => [['auth' => ['required' => true, 'jwt' => self::JWT]]];
        yield 'a firewall beside a token' => [['auth' => ['required' => false, 'jwt' => self::JWT]]];
        yield 'tickets beside tokens' => [['auth' => ['jwt' => self::JWT, 'ticket' => ['secret' => self::SECRET]]]];
        yield 'a ticket named token without tokens' => [['auth' => ['ticket' => ['secret' => self::SECRET, 'parameter' => 'token']]]];
        yield 'no token in the query' => [['auth' => ['jwt' => self::JWT, 'token' => ['query' => null], 'ticket' => ['secret' => self::SECRET, 'parameter' => 'token']]]];
        yield 'the section of production in a test' => [['publish' => ['dsn' => 'memory:', 'secret' => self::SECRET, 'mode' => 0660, 'limits' => ['max_rate' => 1]]]];
        yield 'Redis and an endpoint' => [['publish' => ['dsn' => 'redis://localhost', 'listen' => 'unix:///tmp/x.sock', 'secret' => self::SECRET, 'mode' => 0660]]];
        yield 'one Redis' => [['publish' => ['dsn' => 'redis://one'], 'server' => ['redis' => ['dsn' => 'redis://one']]]];
        yield 'a DSN from the environment' => [['publish' => ['dsn' => '%env(FERRY_TEST_DSN)%', 'secret' => '%env(FERRY_TEST_SECRET)%', 'mode' => 0660, 'limits' => ['max_rate' => 1]]]];
        yield 'numbers from the environment' => [['publish' => ['dsn' => 'unix:///run/x.sock', 'secret' => self::SECRET, 'timeout' => '%env(float:FERRY_TEST_TIMEOUT)%'], 'api' => ['base_uri' => 'https://example.org', 'timeout' => '%env(float:FERRY_TEST_TIMEOUT)%'], 'hygiene' => ['reconnect_timeout' => '%env(float:FERRY_TEST_TIMEOUT)%']]];
        yield 'time for the retry' => [['hygiene' => ['reconnect_timeout' => 5.0]]];
    }

    /**
     * @param array<string, mixed> $ferry
     * @param list<class-string>   $services
     */
    private function boot(array $ferry, array $services = []): void
    {
        $this->kernel = new TestKernel($ferry, [PingHandler::class, ...$services]);
        $this->kernel->boot();
    }
}

final class Porter implements AdmissionInterface
{
    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        return new Identity('alice');
    }
}
