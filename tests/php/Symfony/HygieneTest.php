<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Doctrine\ORM\EntityManagerInterface;
use Ferry\Bridge\Doctrine\OpenServices;
use Ferry\Command\WsServeCommand;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Tests\Fixtures\Doctrine\Note;
use Ferry\Tests\Fixtures\Doctrine\Registry;
use Ferry\Tests\Fixtures\FakeServer;
use Ferry\Tests\Symfony\Fixtures\PingHandler;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\Console\Tester\CommandTester;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Contracts\Service\ResetInterface;

/**
 * What the bundle makes of ferry.hygiene.
 */
final class HygieneTest extends TestCase
{
    private ?TestKernel $kernel = null;

    protected function tearDown(): void
    {
        $this->kernel?->remove();
    }

    public function testDoctrineIsCleanAndServicesAreResetAfterEachMessage(): void
    {
        [$registry, $service] = $this->boot([]);
        $registry->createSchema();
        $manager = $registry->getManager();
        \assert($manager instanceof EntityManagerInterface);
        $sizes = $resets = [];
        $steps = [
            static function () use ($manager): void { $manager->persist(new Note('kept in memory')); },
            static function () use (&$sizes, &$resets, $manager, $service, $registry): void {
                [$sizes[], $resets[]] = [$manager->getUnitOfWork()->size() + \count($manager->getUnitOfWork()->getScheduledEntityInsertions()), $service->resets];
                $registry->connection->beginTransaction();
                $manager->close();
            },
            static function () use (&$sizes, &$resets, $service, $registry): void {
                [$sizes[], $resets[]] = [$registry->connection->getTransactionNestingLevel(), $service->resets];
                self::assertTrue($registry->getManager()->isOpen());
            },
        ];
        $this->play($steps);

        self::assertSame([0, 0], $sizes);
        self::assertSame([1, 2], $resets);
        self::assertSame(3, $service->resets);
    }

    public function testServicesAreResetWithTheBatchOrNever(): void
    {
        foreach (['batch' => [0, 0, 1, 1], 'never' => [0, 0, 0, 0]] as $policy => $expected) {
            [, $service] = $this->boot(['reset' => $policy]);
            $resets = [];
            $look = static function () use (&$resets, $service): void { $resets[] = $service->resets; };
            $this->play([$look, $look, null, $look, $look]);
            self::assertSame($expected, $resets, $policy);
            $this->kernel?->remove();
        }
    }

    public function testServicesAreNotResetWithNoReset(): void
    {
        foreach (['message', 'batch'] as $policy) {
            [$registry, $service] = $this->boot(['reset' => $policy]);
            $runner = $this->kernel?->service(Runner::class);
            \assert($runner instanceof Runner);
            $serve = function (array $input) use ($runner, $registry): int {
                $server = new FakeServer([static function (FakeServer $server) use ($registry): void {
                    $registry->connection->beginTransaction();
                    FakeServer::message()($server);
                }, FakeServer::timers()]);
                $status = (new CommandTester(new WsServeCommand($runner->withServer(static fn (): FakeServer => $server))))->execute($input);
                self::assertSame(0, $registry->connection->getTransactionNestingLevel(), 'The other chores are done.');

                return $status;
            };

            self::assertSame(0, $serve(['--no-reset' => true]));
            self::assertSame(0, $service->resets, $policy);
            self::assertSame(0, $serve([]));
            self::assertSame(1, $service->resets, $policy.': the option is for one run');
            $this->kernel->remove();
        }
    }

    public function testUnusedServicesOfDoctrineAreNotMade(): void
    {
        $this->boot([], false);
        $open = $this->kernel->service(OpenServices::class);

        self::assertSame([], [...$open->managers()]);
        self::assertSame([], [...$open->connections()]);
    }

    public function testLimitsStopTheServer(): void
    {
        $this->boot(['message_limit' => 2]);

        self::assertSame(2, $this->play(array_fill(0, 5, static fn () => null)));
    }

    public function testWrongSettingIsRefused(): void
    {
        $this->expectException(InvalidConfigurationException::class);
        $this->expectExceptionMessageMatches('/"ferry.hygiene.reset"|ferry\.hygiene\.reset/');

        $this->boot(['reset' => 'sometimes']);
    }

    /**
     * @param array<string, mixed> $hygiene
     *
     * @return array{Registry, object{resets: int}&ResetInterface}
     */
    private function boot(array $hygiene, bool $used = true): array
    {
        $this->kernel = new TestKernel(['hygiene' => $hygiene], [PingHandler::class], static function (ContainerBuilder $container): void {
            $container->register('doctrine', Registry::class)->setArguments(['sqlite:///:memory:'])->setPublic(true);
            // The registry makes its services itself: these stand for them where the container is asked what is made.
            $container->register('manager', \stdClass::class)->setPublic(true);
            $container->register('connection', \stdClass::class)->setPublic(true);
            $container->register(Fixtures\Resettable::class, Fixtures\Resettable::class)->setPublic(true)->addTag('kernel.reset', ['method' => 'reset']);
        });
        $this->kernel->boot();
        $container = $this->kernel->getContainer();

        if ($used) {
            $container->get('manager');
            $container->get('connection');
        }

        return [$container->get('doctrine'), $container->get(Fixtures\Resettable::class)];
    }

    /**
     * Each step stands for a message; null: the batch ends.
     *
     * @param list<?\Closure> $steps
     *
     * @return int messages that were played
     */
    private function play(array $steps): int
    {
        $runner = $this->kernel->service(Runner::class);
        \assert($runner instanceof Runner);
        self::assertInstanceOf(HandlerDispatcher::class, $runner->handler());
        $script = [];

        foreach ($steps as $step) {
            if (null === $step) {
                $script[] = FakeServer::timers();

                continue;
            }

            $script[] = static function (FakeServer $server) use ($step): void {
                $step();
                FakeServer::message()($server);
            };
        }

        $server = new FakeServer($script);
        $runner->withServer(static fn (): FakeServer => $server)->run();

        return $server->played;
    }
}
