<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Who may connect.
 */
final class AuthSection implements SectionInterface
{
    public function configure(NodeBuilder $nodes): void
    {
        $nodes->arrayNode('auth')
            ->info('Who may connect')
            ->addDefaultsIfNotSet()
            ->children()
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
                ->end()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{jwt: ?array<string, mixed>, token: array<string, mixed>} $auth */
        $auth = $config['auth'];
        /** @var array<string, mixed> $options */
        $options = $container->getParameter(ServerSection::OPTIONS);
        $options += null === $auth['jwt'] ? [] : ['jwt' => $auth['jwt']];
        $options += [] === $auth['token'] ? [] : ['token' => $auth['token']];
        $container->setParameter(ServerSection::OPTIONS, $options);
    }
}
