<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Bridge\Symfony\DependencyInjection\Section\AuthSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\Security\FirewallAdmission;
use Ferry\Bridge\Symfony\Security\GrantedAdmission;
use Ferry\Bridge\Symfony\Security\IsGrantedGuard;
use Ferry\Bridge\Symfony\Security\LazyTokenStorage;
use Ferry\Bridge\Symfony\Security\LogoutListener;
use Ferry\Bridge\Symfony\Security\SecurityExceptionMapper;
use Ferry\Bridge\Symfony\Security\Users;
use Ferry\Bridge\Symfony\Security\UserScope;
use Ferry\Publish\PublisherInterface;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;
use Symfony\Component\Security\Http\Event\LogoutEvent;

/**
 * Connects the server with the application's security: who logs in by a firewall, who is the user while an event is handled,
 * and what he may do.
 */
final class SecurityPass implements CompilerPassInterface
{
    /** The name that tokens give to those who ask for their firewall, where none is configured. */
    private const NO_FIREWALL = 'ferry';

    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasParameter(AuthSection::FIREWALL)) {
            return;
        }

        $firewall = $container->getParameter(AuthSection::FIREWALL);

        if (!$container->has('security.untracked_token_storage')) {
            if (\is_string($firewall)) {
                throw new InvalidArgumentException(sprintf('"ferry.auth.firewall" is "%s", and this application has no firewalls: run "composer require symfony/security-bundle" and enable SecurityBundle.', $firewall));
            }

            if (\is_string($provider = $container->getParameter(AuthSection::PROVIDER))) {
                throw new InvalidArgumentException(sprintf('"ferry.auth.provider" is "%s", and this application has no "security.providers": run "composer require symfony/security-bundle" and enable SecurityBundle, or remove the setting.', $provider));
            }

            // With it, UserScope does this.
            $container->getDefinition(ConnectionRegistry::class)->addTag('ferry.scope', ['priority' => 100]);

            return;
        }

        $name = \is_string($firewall) ? $firewall : self::NO_FIREWALL;
        $builder = \is_string($firewall) ? new FirewallBuilder($container, $firewall) : null;
        $storage = $container->findDefinition('security.untracked_token_storage');

        if (TokenStorage::class === $storage->getClass()) {
            $storage->setClass(LazyTokenStorage::class);
        }

        $this->registerUsers($container, $builder, $name);

        $this->registerLogout($container);

        if (null !== $builder) {
            $container->register(FirewallAdmission::class, FirewallAdmission::class)
                ->setArguments([$builder->build(), new Reference(Users::class), new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE), $this->originsAreChecked($container)])
                ->addTag('monolog.logger', ['channel' => 'security'])
                ->addTag('ferry.admission', ['priority' => AuthSection::PRIORITY_FIREWALL]);
        }
    }

    private function registerUsers(ContainerBuilder $container, ?FirewallBuilder $firewall, string $name): void
    {
        $tokens = new Reference('security.untracked_token_storage');
        $checker = new Reference('security.authorization_checker');
        $users = new Reference(Users::class);

        $container->register(Users::class, Users::class)->setArguments([$this->provider($container, $firewall), $firewall?->userChecker()]);
        $container->register(UserScope::class, UserScope::class)
            ->setArguments([$tokens, $users, $name, new Reference(ConnectionRegistry::class)])
            // The outermost: all others may ask for the user.
            ->addTag('ferry.scope', ['priority' => 1000]);
        $container->register(IsGrantedGuard::class, IsGrantedGuard::class)->setArguments([$checker])->addTag('ferry.guard');
        $container->register(GrantedAdmission::class, GrantedAdmission::class)
            ->setArguments([$tokens, $checker, $users, $name])
            ->addTag('ferry.admission', ['priority' => AuthSection::PRIORITY_GRANTED]);
        $container->register(SecurityExceptionMapper::class, SecurityExceptionMapper::class)->setArguments([$tokens])->addTag('ferry.exception_mapper');
    }

    private function originsAreChecked(ContainerBuilder $container): bool
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);

        return [] !== ($options['allowed_origins'] ?? []);
    }

    private function registerLogout(ContainerBuilder $container): void
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);

        // Without an endpoint nothing of the application reaches the server.
        if (true === $container->getParameter(AuthSection::LOGOUT) && isset($options['control']) && $container->has(PublisherInterface::class)) {
            $container->register(LogoutListener::class, LogoutListener::class)
                ->setArguments([new Reference(PublisherInterface::class), new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE)])
                ->addTag('kernel.event_listener', ['event' => LogoutEvent::class]);
        }
    }

    private function provider(ContainerBuilder $container, ?FirewallBuilder $firewall): ?Reference
    {
        $provider = $container->getParameter(AuthSection::PROVIDER);

        if (\is_string($provider)) {
            foreach (['security.user.provider.concrete.'.strtolower($provider), $provider] as $id) {
                if ($container->has($id)) {
                    return new Reference($id);
                }
            }

            throw new InvalidArgumentException(sprintf('"ferry.auth.provider" is "%s", which is neither a name of "security.providers" nor a service.', $provider));
        }

        // With several providers and no firewall to choose, users are what their tokens say.
        return $firewall?->provider() ?? (null === $firewall && $container->has('Symfony\Component\Security\Core\User\UserProviderInterface')
            ? new Reference('Symfony\Component\Security\Core\User\UserProviderInterface') : null);
    }
}
