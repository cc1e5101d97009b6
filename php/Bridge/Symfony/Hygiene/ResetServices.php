<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Hygiene;

use Ferry\Hygiene\ServiceResetInterface;
use ProxyManager\Proxy\LazyLoadingInterface;
use Symfony\Component\DependencyInjection\Container;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\HttpKernel\DependencyInjection\ServicesResetter;
use Symfony\Component\VarExporter\LazyObjectInterface;
use Symfony\Contracts\Service\ResetInterface;

/**
 * Resets what `services_resetter` resets, the services that the application has made, without looking for them after each
 * event: that is done again when the container has made or replaced one. Looking for them takes longer than resetting them.
 *
 * A service that cannot be reset does not keep the others from it, as in Symfony since 7.2.
 */
final class ResetServices implements ServiceResetInterface
{
    /** @var list<\Closure(): mixed>|null null: not looked for yet */
    private ?array $resets = null;

    /** @var array<string, mixed> what the container had when its services were looked for */
    private array $services = [];

    /** @var array<string, mixed> */
    private array $privates = [];

    /** @var (\Closure(): array{array<string, mixed>, array<string, mixed>})|null null: Symfony's own way is gone */
    private readonly ?\Closure $made;

    /** @var (\Closure(array<string, mixed>, array<string, mixed>): bool)|null whether that is what the container has */
    private readonly ?\Closure $hasOnly;

    /** @var (\Closure(): array{iterable<string, object>, array<string, string|list<string>>})|null */
    private readonly ?\Closure $resettable;

    public function __construct(private readonly ResetInterface $resetter, ContainerInterface $container)
    {
        // A resetter of the application's own does what it likes.
        $known = ServicesResetter::class === $resetter::class && $container instanceof Container
            && property_exists($resetter, 'resettableServices') && property_exists($resetter, 'resetMethods')
            && property_exists($container, 'services') && property_exists($container, 'privates');
        // Neither tells by a method of its own what it has.
        $this->made = $known ? \Closure::bind(fn (): array => [$this->services, $this->privates], $container, Container::class) : null;
        $this->hasOnly = $known ? \Closure::bind(fn (array $services, array $privates): bool => $this->services === $services && $this->privates === $privates, $container, Container::class) : null;
        $this->resettable = $known ? \Closure::bind(fn (): array => [$this->resettableServices, $this->resetMethods], $resetter, ServicesResetter::class) : null;
    }

    public function afterEvent(): void
    {
        if (null === $this->made || null === $this->hasOnly) {
            $this->resetter->reset();

            return;
        }

        // Two tables that nobody has written to are the same one: their services are not compared.
        if (!($this->hasOnly)($this->services, $this->privates)) {
            $this->resets = null;
            [$this->services, $this->privates] = ($this->made)();
        }

        $done = -1;

        try {
            foreach ($this->resets ??= $this->find() as $done => $reset) {
                $reset();
            }
        } catch (\Throwable $e) {
            foreach (\array_slice($this->resets ?? [], $done + 1) as $reset) {
                try {
                    $reset();
                } catch (\Throwable) {
                }
            }

            throw $e;
        }
    }

    /**
     * @return list<\Closure(): mixed>
     */
    private function find(): array
    {
        if (null === $this->resettable) {
            return [];
        }

        [$services, $methods] = ($this->resettable)();
        $resets = [];

        foreach ($services as $id => $service) {
            foreach ((array) $methods[$id] as $method) {
                if ('?' !== $method[0]) {
                    $resets[] = self::unlessLazy($service, $service->$method(...));
                } elseif (method_exists($service, substr($method, 1))) {
                    $resets[] = self::unlessLazy($service, $service->{substr($method, 1)}(...));
                }
            }
        }

        return $resets;
    }

    /**
     * A service that is not made behind its proxy has nothing to reset, and may be so again.
     */
    private static function unlessLazy(object $service, \Closure $reset): \Closure
    {
        if ($service instanceof LazyObjectInterface) {
            return static fn (): mixed => $service->isLazyObjectInitialized(true) ? $reset() : null;
        }

        if ($service instanceof LazyLoadingInterface) {
            return static fn (): mixed => $service->isProxyInitialized() ? $reset() : null;
        }

        if (\PHP_VERSION_ID >= 80400) {
            $class = new \ReflectionClass($service);

            return static fn (): mixed => $class->isUninitializedLazyObject($service) ? null : $reset();
        }

        return $reset;
    }
}
