<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Bridge\Symfony\DependencyInjection\Section\AuthSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Command\WsDebugCommand;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\Compiler\PriorityTaggedServiceTrait;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Tells debug:ws what only the container knows.
 */
final class DebugPass implements CompilerPassInterface
{
    use PriorityTaggedServiceTrait;

    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasDefinition(WsDebugCommand::class)) {
            return;
        }

        $container->getDefinition(WsDebugCommand::class)->setArgument(3, [
            'Who may connect (asked in this order)' => $this->tagged('ferry.admission', $container),
            'Authenticators' => $this->authenticators($container),
            'Around each event' => $this->tagged('ferry.scope', $container),
            'Resolvers of arguments' => $this->tagged('ferry.value_resolver', $container),
        ]);
    }

    /**
     * @return list<string>
     */
    private function tagged(string $tag, ContainerBuilder $container): array
    {
        return array_values(array_map('strval', $this->findAndSortTaggedServices($tag, $container)));
    }

    /**
     * @return list<string> the server's own first, then those of the firewall that handshakes go through
     */
    private function authenticators(ContainerBuilder $container): array
    {
        /** @var array<string, mixed> $options */
        $options = $container->hasParameter(ServerSection::OPTIONS) ? $container->getParameter(ServerSection::OPTIONS) : [];

        return [...(isset($options['jwt']) ? ['JSON Web Tokens, verified by the server (ferry.auth.jwt)'] : []), ...$this->firewallAuthenticators($container)];
    }

    /**
     * @return list<string>
     */
    private function firewallAuthenticators(ContainerBuilder $container): array
    {
        $firewall = $container->hasParameter(AuthSection::FIREWALL) ? $container->getParameter(AuthSection::FIREWALL) : null;

        if (!\is_string($firewall) || !$container->hasDefinition($id = 'security.authenticator.manager.'.$firewall)) {
            return [];
        }

        // SecurityBundle replaces the first argument of a definition that it derives from another.
        $authenticators = $container->getDefinition($id)->getArgument(0);

        return array_values(array_map(
            static fn (Reference $authenticator): string => sprintf('%s (firewall "%s")', $authenticator, $firewall),
            array_filter(\is_array($authenticators) ? $authenticators : [], static fn (mixed $one): bool => $one instanceof Reference),
        ));
    }
}
