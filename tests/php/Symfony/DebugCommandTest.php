<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Tests\Symfony\Fixtures\Clock;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\ForumHandler;
use Ferry\Tests\Symfony\Fixtures\PingHandler;
use PHPUnit\Framework\TestCase;
use Symfony\Bundle\FrameworkBundle\Console\Application;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\Console\Tester\ApplicationTester;
use Symfony\Component\Console\Tester\CommandCompletionTester;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpKernel\Kernel;

final class DebugCommandTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    public function testItShowsHandlersAndOptions(): void
    {
        $tester = $this->runCommand([]);

        foreach ([
            '/forum/{topic<\d+>}', ForumHandler::class, "#[OnMessage('post')] post()", '#[OnOpen] open()', '/ping',
            'Who may connect', 'Authenticators', 'verified by the server (ferry.auth.jwt)', 'Resolvers of arguments',
        ] as $part) {
            self::assertStringContainsString($part, $tester->getDisplay());
        }

        self::assertMatchesRegularExpression('/port +7000 +configured/', $tester->getDisplay());
        self::assertMatchesRegularExpression('/backlog +1024 +\n/', $tester->getDisplay());
        self::assertStringContainsString(phpversion('ferry') ?: 'not loaded', $tester->getDisplay());
        self::assertStringNotContainsString('kkkk', $tester->getDisplay(), 'no secret');
        self::assertStringContainsString('[redacted]', $tester->getDisplay());
    }

    public function testItShowsWhoServesAPath(): void
    {
        $display = $this->runCommand(['path' => '/forum/7'])->getDisplay();

        foreach ([ForumHandler::class, '{"topic":"7"}', ClockInterface::class.' $clock', 'int $topic'] as $part) {
            self::assertStringContainsString($part, $display);
        }
    }

    public function testPathThatNobodyServes(): void
    {
        $tester = $this->runCommand(['path' => '/forum/seven']);

        self::assertSame(1, $tester->getStatusCode());
        self::assertStringContainsString('No handler serves "/forum/seven"', $tester->getDisplay());
    }

    public function testJson(): void
    {
        $all = json_decode($this->runCommand(['--json' => true])->getDisplay(), true, 512, \JSON_THROW_ON_ERROR);

        self::assertSame(['/forum/{topic<\d+>}', '/ping'], array_column($all['handlers'], 'path'));
        self::assertSame(7000, $all['options']['port']);
        self::assertSame('[redacted]', $all['options']['jwt']['key']);
        $one = json_decode($this->runCommand(['path' => '/forum/7', '--json' => true])->getDisplay(), true, 512, \JSON_THROW_ON_ERROR);
        self::assertSame(['topic' => '7'], $one['values']);
    }

    public function testItShowsTheAuthenticatorsOfTheFirewall(): void
    {
        $this->kernel = new TestKernel(
            ['auth' => ['firewall' => 'main']],
            [PingHandler::class],
            further: [new SecurityBundle()],
            config: ['security' => (Kernel::VERSION_ID < 60000 ? ['enable_authenticator_manager' => true] : []) + [
                'providers' => ['users' => ['memory' => ['users' => []]]],
                'firewalls' => ['main' => ['provider' => 'users', 'http_basic' => true]],
            ]],
        );
        $application = new Application($this->kernel);
        $application->setAutoExit(false);
        $tester = new ApplicationTester($application);
        $tester->run(['command' => 'debug:ws']);

        self::assertStringContainsString('security.authenticator.http_basic.main (firewall "main")', $tester->getDisplay());
        self::assertStringContainsString('Ferry\Bridge\Symfony\Security\FirewallAdmission', $tester->getDisplay());
        self::assertStringContainsString('Ferry\Bridge\Symfony\Security\UserScope', $tester->getDisplay());
    }

    public function testItSuggestsPaths(): void
    {
        $application = $this->application();
        $tester = new CommandCompletionTester($application->get('debug:ws'));

        self::assertSame(['/forum/{topic<\d+>}', '/ping'], $tester->complete(['']));
    }

    /**
     * @param array<string, mixed> $input
     */
    private function runCommand(array $input): ApplicationTester
    {
        $application = $this->application();
        $application->setAutoExit(false);
        $tester = new ApplicationTester($application);
        $tester->run(['command' => 'debug:ws'] + $input);

        return $tester;
    }

    private function application(): Application
    {
        $this->kernel?->remove();
        $this->kernel = new TestKernel(
            ['server' => ['port' => 7000], 'auth' => ['jwt' => ['algorithms' => ['HS256'], 'key' => str_repeat('k', 32)]]],
            [ForumHandler::class, PingHandler::class],
            static function (ContainerBuilder $container): void {
                $container->register(Clock::class, Clock::class);
                $container->setAlias(ClockInterface::class, Clock::class);
            },
        );

        return new Application($this->kernel);
    }
}
