<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\Bridge\Symfony\DependencyInjection\Configuration;
use Ferry\Bridge\Symfony\DependencyInjection\FerryExtension;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Tests\Fixtures\StubConnection;
use Ferry\Tests\Symfony\Fixtures\Clock;
use Ferry\Tests\Symfony\Fixtures\ClockInterface;
use Ferry\Tests\Symfony\Fixtures\ForumHandler;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Symfony\Bundle\FrameworkBundle\Console\Application;
use Symfony\Component\Config\Definition\ArrayNode;
use Symfony\Component\Config\Definition\BaseNode;
use Symfony\Component\Config\Definition\NodeInterface;
use Symfony\Component\Config\Definition\PrototypedArrayNode;
use Symfony\Component\Console\Tester\ApplicationTester;
use Symfony\Component\DependencyInjection\ContainerBuilder;

final class BundleTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    public function testHandlersAreServicesWithArguments(): void
    {
        $connection = new StubConnection('/forum/7');
        $dispatcher = $this->forum()->service(HandlerDispatcher::class);
        \assert($dispatcher instanceof HandlerDispatcher);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, '{"type":"post","text":"hi","priority":2}', false);

        self::assertSame(['{"topic":7,"now":"noon","same":true}', '{"text":"hi","priority":2}'], $connection->sent);
    }

    /**
     * @dataProvider invalidMessages
     *
     * @param list<array{path: string, message: string}> $violations
     */
    #[DataProvider('invalidMessages')]
    public function testInvalidMessageIsAnsweredWithTheViolations(string $message, array $violations): void
    {
        $connection = new StubConnection('/forum/7');
        $dispatcher = $this->forum()->service(HandlerDispatcher::class);
        \assert($dispatcher instanceof HandlerDispatcher);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, $message, false);
        $frame = json_decode($connection->sent[1], true);

        self::assertSame('invalid_message', $frame['code']);
        self::assertSame(4, $frame['id']);
        self::assertSame($violations, $frame['violations']);
        self::assertNull($connection->closed);
    }

    /**
     * @return iterable<string, array{string, list<array{path: string, message: string}>}>
     */
    public static function invalidMessages(): iterable
    {
        yield 'validator' => ['{"type":"post","id":4,"text":"longer than ten"}', [['path' => 'text', 'message' => 'This value is too long. It should have 10 characters or less.']]];
        yield 'type' => ['{"type":"post","id":4,"text":"x","priority":"high"}', [['path' => 'priority', 'message' => 'This value should be of type int.']]];
        yield 'missing' => ['{"type":"post","id":4,"priority":1}', [['path' => 'text', 'message' => 'This value should be of type string.']]];
        yield 'no object' => ['{"type":"post","id":4,"data":"x"}', [['path' => '', 'message' => 'This value should be of type object.']]];
    }

    public function testRunnerServesTheHandlersWithTheOptions(): void
    {
        $kernel = $this->kernel(['server' => ['port' => 0, 'max_connections' => 10]], [Fixtures\PingHandler::class]);
        $runner = $kernel->service(Runner::class);
        \assert($runner instanceof Runner);

        self::assertInstanceOf(HandlerDispatcher::class, $runner->handler());
        self::assertSame(['port' => 0, 'max_connections' => 10, 'path' => ['/ping']], (fn (): array => $this->options)->call($runner), 'only what is set, and the paths');
    }

    public function testMetricsAreSwitchedOn(): void
    {
        $own = ['listen' => '127.0.0.1:9100', 'token' => '0123456789abcdef'];

        foreach ([[true, true], [false, null], [$own, $own]] as [$metrics, $option]) {
            $runner = $this->kernel(['metrics' => $metrics], [Fixtures\PingHandler::class])->service(Runner::class);

            self::assertSame($option, (fn (): mixed => $this->options['metrics'] ?? null)->call($runner));
            $this->kernel?->remove();
        }
    }

    public function testCommandIsRegistered(): void
    {
        $tester = $this->console($this->kernel());
        $tester->run(['command' => 'list', 'namespace' => 'ws']);

        self::assertStringContainsString('ws:serve', $tester->getDisplay());
    }

    public function testServingNothingSaysWhatToDo(): void
    {
        \Ferry\Tests\Fixtures\Extension::assertLoaded();
        $tester = $this->console($this->kernel(['server' => ['port' => 0]]));

        self::assertNotSame(0, $tester->run(['command' => 'ws:serve']));
        self::assertStringContainsString('#[AsWsHandler(', $tester->getDisplay());
    }

    public function testReferenceOfTheConfigurationExplainsEachNode(): void
    {
        $tester = $this->console($this->kernel());
        $tester->run(['command' => 'config:dump-reference', 'name' => 'ferry']);

        foreach (['server:', 'auth:', 'hygiene:', 'api:', 'publish:', 'metrics:', 'profiler:', 'middleware:', '# Listen backlog, 1 to 65535. Default: 1024'] as $part) {
            self::assertStringContainsString($part, $tester->getDisplay());
        }
    }

    public function testEachNodeOfTheConfigurationHasAnExplanation(): void
    {
        $configuration = (new FerryExtension())->getConfiguration([], new ContainerBuilder());
        self::assertInstanceOf(Configuration::class, $configuration);
        $infos = iterator_to_array(self::infos($configuration->getConfigTreeBuilder()->buildTree()));

        self::assertGreaterThan(80, \count($infos));
        self::assertSame([], array_keys(array_filter($infos, static fn (?string $info): bool => '' === trim((string) $info))));
    }

    /**
     * @return iterable<string, ?string> by path; what a list or a map holds is explained with it, unless it is a map itself
     */
    private static function infos(NodeInterface $node): iterable
    {
        \assert($node instanceof BaseNode);
        yield $node->getPath() => $node->getInfo();
        $within = $node instanceof PrototypedArrayNode ? $node->getPrototype() : $node;

        foreach ($within instanceof ArrayNode ? $within->getChildren() : [] as $child) {
            yield from self::infos($child);
        }
    }

    private function forum(): TestKernel
    {
        return $this->kernel([], [ForumHandler::class], static function (ContainerBuilder $container): void {
            $container->register(Clock::class, Clock::class);
            $container->setAlias(ClockInterface::class, Clock::class);
        });
    }

    /**
     * @param array<string, mixed>                $ferry
     * @param list<class-string>                  $services
     * @param ?\Closure(ContainerBuilder): void   $configure
     */
    private function kernel(array $ferry = [], array $services = [], ?\Closure $configure = null): TestKernel
    {
        return $this->kernel = new TestKernel($ferry, $services, $configure);
    }

    private function console(TestKernel $kernel): ApplicationTester
    {
        $application = new Application($kernel);
        $application->setAutoExit(false);

        return new ApplicationTester($application);
    }
}
