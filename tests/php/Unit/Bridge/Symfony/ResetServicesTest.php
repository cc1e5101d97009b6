<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Bridge\Symfony;

use Ferry\Bridge\Symfony\Hygiene\ResetServices;
use PHPUnit\Framework\TestCase;
use Symfony\Component\DependencyInjection\Container;
use Symfony\Component\HttpKernel\DependencyInjection\ServicesResetter;
use Symfony\Contracts\Service\ResetInterface;

final class ResetServicesTest extends TestCase
{
    /** @var list<string> */
    private array $done = [];

    public function testWhatTheContainerHasMadeIsResetAlsoWhatItMakesLaterOrReplaces(): void
    {
        $container = new Container();
        $container->set('a', $this->service('a'));
        $reset = new ResetServices($this->resetter($container, ['a' => ['reset'], 'b' => ['reset', '?forget', '?unknown']]), $container);

        $reset->afterEvent();
        self::assertSame(['a'], $this->take());

        $container->set('b', $this->service('b'));
        $reset->afterEvent();
        $reset->afterEvent();
        self::assertSame(['a', 'b', 'b forgets', 'a', 'b', 'b forgets'], $this->take());

        $container->set('a', null);
        $container->set('a', $this->service('another a'));
        $reset->afterEvent();
        self::assertSame(['another a', 'b', 'b forgets'], $this->take());

        $container->set('b', null);
        $reset->afterEvent();
        self::assertSame(['another a'], $this->take());
    }

    public function testServiceThatCannotBeResetKeepsNoOtherFromIt(): void
    {
        $container = new Container();
        $container->set('a', $this->service('a'));
        $container->set('stuck', $this->service('stuck'));
        $container->set('b', $this->service('b'));
        $reset = new ResetServices($this->resetter($container, ['a' => 'reset', 'stuck' => ['fail'], 'b' => ['reset']]), $container);

        try {
            $reset->afterEvent();
            self::fail('It is told.');
        } catch (\RuntimeException $e) {
            self::assertSame('stuck fails', $e->getMessage());
        }

        self::assertSame(['a', 'b'], $this->take());
    }

    public function testResetterOfTheApplicationsOwnIsCalledItself(): void
    {
        $reset = new ResetServices(new class(fn () => $this->done[] = 'own') implements ResetInterface {
            public function __construct(private readonly \Closure $do)
            {
            }

            public function reset(): void
            {
                ($this->do)();
            }
        }, new Container());
        $reset->afterEvent();

        self::assertSame(['own'], $this->take());
    }

    /**
     * @param array<string, string|list<string>> $methods
     */
    private function resetter(Container $container, array $methods): ServicesResetter
    {
        return new ServicesResetter(new class($container, array_keys($methods)) implements \IteratorAggregate {
            /** @param list<string> $ids */
            public function __construct(private readonly Container $container, private readonly array $ids)
            {
            }

            public function getIterator(): \Generator
            {
                foreach ($this->ids as $id) {
                    if ($this->container->initialized($id)) {
                        yield $id => $this->container->get($id);
                    }
                }
            }
        }, $methods);
    }

    private function service(string $name): object
    {
        return new class($name, fn (string $what) => $this->done[] = $what) {
            public function __construct(private readonly string $name, private readonly \Closure $do)
            {
            }

            public function reset(): void
            {
                ($this->do)($this->name);
            }

            public function forget(): void
            {
                ($this->do)($this->name.' forgets');
            }

            public function fail(): void
            {
                throw new \RuntimeException($this->name.' fails');
            }
        };
    }

    /**
     * @return list<string>
     */
    private function take(): array
    {
        [$done, $this->done] = [$this->done, []];

        return $done;
    }
}
