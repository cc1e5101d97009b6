<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Doctrine\ORM\EntityManagerInterface;
use Doctrine\Persistence\ManagerRegistry;
use Ferry\Bridge\Doctrine\ClearManagers;
use Ferry\Bridge\Doctrine\OpenServices;
use Ferry\Bridge\Doctrine\OpenTransactionWatch;
use Ferry\Bridge\Doctrine\PingIdleConnections;
use Ferry\Bridge\Doctrine\ReconnectAfterLoss;
use Ferry\Bridge\Doctrine\ResetClosedManagers;
use Ferry\Bridge\Doctrine\RollBackOpenTransactions;
use Ferry\Bridge\Symfony\DependencyInjection\Section\HygieneSection;
use Ferry\Bridge\Symfony\Hygiene\ResetServices;
use Ferry\Bridge\Symfony\Security\UserScope;
use Ferry\Handler\EndpointFactory;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\IdleGarbageCollection;
use Ferry\Hygiene\ResetPolicy;
use Ferry\Hygiene\Retry;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Sets up the chores for what the application has: Doctrine's registry, services to reset.
 */
final class HygienePass implements CompilerPassInterface
{
    private const RECONNECT_TIMEOUT = 30.0;

    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasParameter(HygieneSection::CONFIG)) {
            return;
        }

        /** @var array{reset: string, ping_after: ?float, retry: bool, reconnect_timeout: ?float, gc_every: int} $config */
        $config = $container->getParameter(HygieneSection::CONFIG);
        $logger = new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE);
        $doctrine = $this->hasDoctrine($container) ? $this->doctrine($container, $config, $logger) : [];
        $reset = $container->has('services_resetter')
            ? new Definition(ResetServices::class, [new Reference('services_resetter'), new Reference('service_container')])
            : null;

        $chores = [
            ...array_values(array_diff_key($doctrine, ['clear' => true])),
            ...(ResetPolicy::Message->value === $config['reset'] && null !== $reset ? [$reset] : []),
            ...array_values(array_intersect_key($doctrine, ['clear' => true])),
        ];

        $afterBatch = ResetPolicy::Batch->value === $config['reset'] && null !== $reset ? [$reset] : [];

        if ($config['gc_every'] > 0) {
            $container->register(IdleGarbageCollection::class, IdleGarbageCollection::class)
                ->setArguments([$config['gc_every']])
                ->addTag('ferry.listener', ['priority' => -1000]);
        }

        if ([] === $chores && [] === $afterBatch) {
            return;
        }

        $container->register(Housekeeper::class, Housekeeper::class)
            ->setArguments([$chores, $afterBatch, $logger])
            ->addTag('monolog.logger', ['channel' => 'ferry'])
            // The last to look at an event: the others may want to see what it has left behind.
            ->addTag('ferry.listener', ['priority' => -1000]);
    }

    private function hasDoctrine(ContainerBuilder $container): bool
    {
        return $container->has('doctrine') && interface_exists(ManagerRegistry::class) && interface_exists(EntityManagerInterface::class);
    }

    /**
     * @param array{ping_after: ?float, retry: bool, reconnect_timeout: ?float} $config
     *
     * @return array<string, Definition> in the order in which they are done
     */
    private function doctrine(ContainerBuilder $container, array $config, Reference $logger): array
    {
        $container->register(OpenServices::class, OpenServices::class)
            // It also keeps the registry: services that are not made are not reset.
            ->setArguments([new Reference('doctrine'), self::closure('service_container', 'initialized')]);
        $services = new Reference(OpenServices::class);

        if ($config['retry'] && $container->hasDefinition(EndpointFactory::class)) {
            $container->register(ReconnectAfterLoss::class, ReconnectAfterLoss::class)
                ->setArguments([$services, $config['reconnect_timeout'] ?? self::RECONNECT_TIMEOUT, $logger])
                ->addTag('monolog.logger', ['channel' => 'ferry']);
            $container->register(Retry::class, Retry::class)
                ->setArguments([[new Reference(ReconnectAfterLoss::class)], $container->hasDefinition(UserScope::class) ? self::closure(UserScope::class, 'forget') : null]);
            $container->getDefinition(EndpointFactory::class)->setArgument('$retry', new Reference(Retry::class));
        }

        $container->register(OpenTransactionWatch::class, OpenTransactionWatch::class)
            ->setArguments([$services, $logger])
            ->addTag('ferry.suspendable')
            ->addTag('monolog.logger', ['channel' => 'ferry']);

        return [
            ...(null === $config['ping_after'] ? [] : ['ping' => new Definition(PingIdleConnections::class, [$services, $config['ping_after'], $logger])]),
            'reopen' => new Definition(ResetClosedManagers::class, [$services]),
            'roll back' => new Definition(RollBackOpenTransactions::class, [$services, $logger]),
            'clear' => new Definition(ClearManagers::class, [$services]),
        ];
    }

    private static function closure(string $service, string $method): Definition
    {
        return (new Definition(\Closure::class, [[new Reference($service), $method]]))->setFactory([\Closure::class, 'fromCallable']);
    }
}
