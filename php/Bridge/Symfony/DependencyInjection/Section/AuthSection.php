<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\PoolLedger;
use Ferry\Auth\RevocationAdmission;
use Ferry\Auth\RevocationWatch;
use Ferry\Auth\RevokedTokens;
use Ferry\Auth\TicketAdmission;
use Ferry\Auth\TicketIssuer;
use Ferry\Auth\TicketRedeemer;
use Ferry\Auth\UsedTickets;
use Ferry\Auth\UserAdmission;
use Ferry\Command\WsTicketCommand;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Reference;

/**
 * Who may connect. SecurityPass adds what needs the application's firewalls.
 */
final class AuthSection implements SectionInterface
{
    /** Parameters for SecurityPass. */
    public const FIREWALL = 'ferry.auth.firewall';
    public const PROVIDER = 'ferry.auth.provider';
    public const LOGOUT = 'ferry.auth.disconnect_on_logout';

    /** Admissions of the application have the priority 0. */
    public const PRIORITY_TICKET = 120;
    public const PRIORITY_FIREWALL = 110;
    public const PRIORITY_REVOCATION = 100;
    public const PRIORITY_USER = -100;
    public const PRIORITY_GRANTED = -110;

    public function configure(NodeBuilder $nodes): void
    {
        $auth = $nodes->arrayNode('auth')
            ->info('Who may connect')
            ->addDefaultsIfNotSet()
            ->children()
                ->scalarNode('firewall')
                    ->info('The firewall of config/packages/security.yaml whose session and authenticators find out who connects')
                    ->example('main')
                    ->defaultNull()
                ->end()
                ->booleanNode('required')
                    ->info('Whether clients are refused of whom nothing tells who they are. Default: true as soon as jwt, firewall or ticket is configured')
                ->end()
                ->scalarNode('provider')
                    ->info('Where users are loaded from: a name of security.providers or a service id. Default: that of the firewall, or the only one')
                    ->defaultNull()
                ->end()
                ->variableNode('jwt')
                    ->info('Verification of JWTs in Rust, before PHP is asked: the option "jwt" of docs/options.md')
                    ->example("{ algorithms: [HS256], key: '%env(JWT_SECRET)%' }")
                    ->defaultNull()
                    ->validate()->ifTrue(static fn (mixed $value): bool => null !== $value && !\is_array($value))->thenInvalid('It must be a map such as { algorithms: [HS256], key: "%%env(JWT_SECRET)%%" }, %s given.')->end()
                ->end()
                ->variableNode('token')
                    ->info('Where the token is looked for: the option "token" of docs/options.md')
                    ->example('{ header: false, cookie: token }')
                    ->defaultValue([])
                    ->validate()->ifTrue(static fn (mixed $value): bool => !\is_array($value))->thenInvalid('It must be a map such as { cookie: token }, %s given.')->end()
                ->end();
        $this->configureTickets($auth);
        $auth
            ->scalarNode('revocation_cache')
                ->info('A PSR-6 cache pool through which controllers tell the server of revoked tokens, as "cache.app"')
                ->defaultNull()
            ->end()
            ->booleanNode('disconnect_on_logout')
                ->info('Whether a logout closes the connections of the user. It is published to the server: ferry.publish')
                ->defaultTrue()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{firewall: ?string, required?: bool, provider: ?string, jwt: ?array<string, mixed>, token: array<string, mixed>, ticket: array{enabled: bool, secret: string, ttl: int, parameter: string, cache: ?string, lock: ?string}, revocation_cache: ?string, disconnect_on_logout: bool} $auth */
        $auth = $config['auth'];
        $container->setParameter(self::FIREWALL, $auth['firewall']);
        $container->setParameter(self::PROVIDER, $auth['provider']);
        $container->setParameter(self::LOGOUT, $auth['disconnect_on_logout']);

        $byPhp = null !== $auth['firewall'] || $auth['ticket']['enabled'];
        $required = $auth['required'] ?? ($byPhp || null !== $auth['jwt']);
        $this->setOptions($container, $auth, $required && !$byPhp);

        $container->register(RevokedTokens::class, RevokedTokens::class)
            ->setArguments([null === $auth['revocation_cache'] ? null : new Reference($auth['revocation_cache'])]);
        $container->register(ConnectionRegistry::class, ConnectionRegistry::class)->setArguments([new Reference(RevokedTokens::class)]);
        $container->register(RevocationWatch::class, RevocationWatch::class)
            ->setArguments([new Reference(ConnectionRegistry::class), new Reference(RevokedTokens::class), new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE)])
            ->addTag('ferry.listener')
            ->addTag('monolog.logger', ['channel' => 'ferry']);
        $container->register(RevocationAdmission::class, RevocationAdmission::class)
            ->setArguments([new Reference(RevokedTokens::class)])
            ->addTag('ferry.admission', ['priority' => self::PRIORITY_REVOCATION]);

        if ($required) {
            $container->register(UserAdmission::class, UserAdmission::class)->addTag('ferry.admission', ['priority' => self::PRIORITY_USER]);
        }

        if ($auth['ticket']['enabled']) {
            $this->loadTickets($auth['ticket'], $container);
        }
    }

    private function configureTickets(NodeBuilder $auth): void
    {
        $ticket = $auth->arrayNode('ticket')
            ->info('Short-lived tickets that let in once, see Ferry\Auth\TicketIssuer')
            ->canBeEnabled();
        $ticket->find('enabled')->info('Whether tickets let in. Default: true as soon as the section is there');
        $ticket
            ->children()
                ->scalarNode('secret')
                    ->info('At least 16 bytes, the same for all processes')
                    ->defaultValue('%kernel.secret%')
                    ->cannotBeEmpty()
                ->end()
                ->integerNode('ttl')
                    ->info('Seconds until a ticket expires')
                    ->defaultValue(30)
                    ->min(1)->max(TicketIssuer::MAX_TTL)
                ->end()
                ->scalarNode('parameter')
                    ->info('The query parameter that brings the ticket')
                    ->defaultValue(TicketAdmission::PARAMETER)
                    ->cannotBeEmpty()
                ->end()
                ->scalarNode('cache')
                    ->info('A PSR-6 cache pool that several server processes share, so that each ticket lets in once among all of them')
                    ->defaultNull()
                ->end()
                ->scalarNode('lock')
                    ->info('For processes on several machines that share the pool: a service that implements Ferry\Auth\TicketLockInterface. Default: files, for those of one machine')
                    ->defaultNull()
                ->end()
            ->end();
    }

    /**
     * @param array{jwt: ?array<string, mixed>, token: array<string, mixed>} $auth
     */
    private function setOptions(ContainerBuilder $container, array $auth, bool $required): void
    {
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);

        if (null !== $auth['jwt']) {
            // Where PHP knows other ways to log in, it is PHP that refuses who has shown nothing.
            $options['jwt'] = $auth['jwt'] + ($required ? [] : ['required' => false]);
        }

        $options += [] === $auth['token'] ? [] : ['token' => $auth['token']];
        $container->setParameter(ServerSection::OPTIONS, $options);
    }

    /**
     * @param array{secret: string, ttl: int, parameter: string, cache: ?string, lock: ?string} $ticket
     */
    private function loadTickets(array $ticket, ContainerBuilder $container): void
    {
        $container->register(TicketIssuer::class, TicketIssuer::class)->setArguments([$ticket['secret'], $ticket['ttl']]);
        $container->register(UsedTickets::class, UsedTickets::class);

        if (null !== $ticket['cache']) {
            $container->register(PoolLedger::class, PoolLedger::class)->setArguments([new Reference($ticket['cache']), ...(null === $ticket['lock'] ? [] : [new Reference($ticket['lock'])])]);
            $container->getDefinition(UsedTickets::class)->setArguments([new Reference(PoolLedger::class)]);
        } elseif (null !== $ticket['lock']) {
            throw new InvalidConfigurationException('ferry.auth.ticket.lock is of no use without ferry.auth.ticket.cache, the pool that it guards.');
        }

        $container->register(TicketRedeemer::class, TicketRedeemer::class)->setArguments([$ticket['secret'], new Reference(UsedTickets::class)]);
        $container->register(TicketAdmission::class, TicketAdmission::class)
            ->setArguments([new Reference(TicketRedeemer::class), $ticket['parameter']])
            ->addTag('ferry.admission', ['priority' => self::PRIORITY_TICKET]);
        $container->register(WsTicketCommand::class, WsTicketCommand::class)
            ->setArguments([new Reference(TicketIssuer::class)])
            ->addTag('console.command');
    }
}
