<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Auth\RevocationAdmission;
use Ferry\Auth\TicketCodec;
use Ferry\Auth\TicketIssuer;
use Ferry\Auth\UserAdmission;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\Security\GrantedAdmission;
use Ferry\HandshakeHandlerInterface;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;

/**
 * Refuses what would let nobody in.
 */
final class AccessPass implements CompilerPassInterface
{
    /** They refuse, and find out about nobody. */
    private const REFUSE_ONLY = [UserAdmission::class => true, RevocationAdmission::class => true, GrantedAdmission::class => true];

    public function process(ContainerBuilder $container): void
    {
        if ($container->hasDefinition(UserAdmission::class) && !$this->findsOutWhoComes($container)) {
            throw new InvalidArgumentException('"ferry.auth.required" is true, and nothing finds out who connects, so that nobody could: set "ferry.auth.jwt", "ferry.auth.firewall" or "ferry.auth.ticket", or register a service that implements Ferry\Handler\AdmissionInterface.');
        }

        if ($container->hasDefinition(TicketIssuer::class)) {
            $this->checkSecret($container);
        }
    }

    private function findsOutWhoComes(ContainerBuilder $container): bool
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);

        if (isset($options['jwt']) || [] !== array_diff_key($container->findTaggedServiceIds('ferry.admission'), self::REFUSE_ONLY)) {
            return true;
        }

        foreach (array_keys($container->findTaggedServiceIds('ferry.handler')) as $id) {
            $class = $container->getParameterBag()->resolveValue($container->getDefinition($id)->getClass());

            // A class that cannot be read is not this pass' to complain about.
            if (null === $class || is_a((string) $class, HandshakeHandlerInterface::class, true)) {
                return true;
            }
        }

        return false;
    }

    private function checkSecret(ContainerBuilder $container): void
    {
        $used = [];
        $secret = $container->resolveEnvPlaceholders($container->getParameterBag()->resolveValue($container->getDefinition(TicketIssuer::class)->getArgument(0)), null, $used);

        if ([] !== $used || !\is_string($secret)) {
            return;
        }

        try {
            new TicketCodec($secret);
        } catch (\InvalidArgumentException $e) {
            throw new InvalidArgumentException('"ferry.auth.ticket.secret" (by default "kernel.secret"): '.$e->getMessage(), 0, $e);
        }
    }
}
