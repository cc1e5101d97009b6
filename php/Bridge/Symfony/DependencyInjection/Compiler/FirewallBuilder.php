<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Bridge\Symfony\Security\FirewallAuthenticator;
use Ferry\Bridge\Symfony\Security\Session\MockSessionHandler;
use Ferry\Bridge\Symfony\Security\Session\SessionReader;
use Symfony\Component\DependencyInjection\Argument\IteratorArgument;
use Symfony\Component\DependencyInjection\Argument\ServiceClosureArgument;
use Symfony\Component\DependencyInjection\ChildDefinition;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Takes from SecurityBundle's services what runs one firewall.
 *
 * @internal
 */
final class FirewallBuilder
{
    /**
     * @throws InvalidArgumentException when there is no such firewall, or none that could be run
     */
    public function __construct(private readonly ContainerBuilder $container, private readonly string $name)
    {
        /** @var list<string> $all */
        $all = $container->hasParameter('security.firewalls') ? $container->getParameter('security.firewalls') : [];

        if (!\in_array($name, $all, true)) {
            throw new InvalidArgumentException(sprintf('"ferry.auth.firewall" is "%s", and there is no such firewall. There are: "%s".', $name, implode('", "', $all)));
        }

        if (!$container->has('security.authenticator.manager.'.$name)) {
            throw new InvalidArgumentException(sprintf(
                '"ferry.auth.firewall" is "%s", which %s',
                $name,
                [] === $this->context()
                    ? 'has "security: false" in security.yaml and lets nobody log in. Name another one, or leave the setting out.'
                    : 'uses the old authentication system. Set "security.enable_authenticator_manager: true" (Symfony 5.4).',
            ));
        }
    }

    public function build(): Definition
    {
        $context = $this->contextListener();

        return (new Definition(FirewallAuthenticator::class))->setArguments([
            $this->name,
            new Reference('security.authenticator.manager.'.$this->name),
            new Reference('security.token_storage'),
            new Reference('request_stack'),
            $context,
            null === $context ? null : self::sessions($this->container),
            new Reference('security.access_map', ContainerInterface::NULL_ON_INVALID_REFERENCE),
            new Reference('security.access.decision_manager', ContainerInterface::NULL_ON_INVALID_REFERENCE),
            !$this->rememberMeTokensChange(),
        ]);
    }

    /** Where the firewall loads its users from; null when it has no provider. */
    public function provider(): ?Reference
    {
        $id = $this->container->getDefinition('security.firewall.map.config.'.$this->name)->getArguments()['index_5'] ?? null;

        return \is_string($id) ? new Reference($id) : null;
    }

    public function userChecker(): ?Reference
    {
        return new Reference('security.user_checker.'.$this->name, ContainerInterface::NULL_ON_INVALID_REFERENCE);
    }

    /**
     * @return list<string> ids of the firewall's listeners
     */
    private function context(): array
    {
        $listeners = $this->container->getDefinition('security.firewall.map.context.'.$this->name)->getArguments()['index_0'] ?? null;

        return array_map('strval', $listeners instanceof IteratorArgument ? array_values($listeners->getValues()) : []);
    }

    /** Null for a stateless firewall. */
    private function contextListener(): ?Reference
    {
        foreach ($this->context() as $id) {
            if (str_starts_with($id, 'security.context_listener')) {
                return new Reference($id);
            }
        }

        return null;
    }

    /** Null where the framework has no sessions. */
    public static function sessions(ContainerBuilder $container): ?Definition
    {
        $factory = $container->hasAlias('session.storage.factory') ? (string) $container->getAlias('session.storage.factory') : null;

        if ('session.storage.factory.mock_file' === $factory) {
            // The application's functional tests.
            return new Definition(SessionReader::class, [new Definition(MockSessionHandler::class, ['%kernel.cache_dir%/sessions']), ['name' => 'MOCKSESSID'], null, 'php_serialize']);
        }

        if (!$container->has('session.handler')) {
            return null;
        }

        $handler = (string) ($container->hasAlias('session.handler') ? $container->getAlias('session.handler') : 'session.handler');

        // To make them changes PHP's settings of sessions, which PHP refuses when something was printed before.
        if (\in_array($handler, ['session.handler.native', 'session.handler.native_file'], true)) {
            return new Definition(SessionReader::class, [new Definition(\SessionHandler::class), '%session.storage.options%', '%session.save_path%']);
        }

        if ('session.abstract_handler' === $handler) {
            return (new Definition(SessionReader::class, [
                $container->getDefinition($handler)->getArgument(0), new ServiceClosureArgument(new Reference($handler)), '%session.storage.options%',
            ]))->setFactory([SessionReader::class, 'forConnection']);
        }

        return new Definition(SessionReader::class, [new Reference('session.handler'), '%session.storage.options%']);
    }

    /** A persistent remember-me token has another value after each use, which a WebSocket's client would not get. */
    private function rememberMeTokensChange(): bool
    {
        $id = 'security.authenticator.remember_me_handler.'.$this->name;
        $handler = $this->container->hasDefinition($id) ? $this->container->getDefinition($id) : null;

        return $handler instanceof ChildDefinition && 'security.authenticator.persistent_remember_me_handler' === $handler->getParent();
    }
}
