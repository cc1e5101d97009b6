<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Bridge\Symfony\DependencyInjection\KnownOptions;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Exception\ExceptionInterface;
use Ferry\ExtensionCheck;
use Ferry\ServerOptions;
use Ferry\WsServer;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Lets the server itself look at its options, where it is there: what it would refuse at the start is refused now.
 *
 * Values from the environment are not known yet, and files may not be on the machine that builds: what depends on them is
 * left to the start, and nothing else.
 */
final class ServerOptionsPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasParameter(ServerSection::OPTIONS) || !ExtensionCheck::isLoaded() || 'cli' !== \PHP_SAPI) {
            return;
        }

        /** @var array<string, mixed> $options */
        $options = $container->getParameterBag()->resolveValue($container->getParameter(ServerSection::OPTIONS));
        $options = new KnownOptions($options, static function (mixed $value) use ($container): bool {
            $used = [];
            $container->resolveEnvPlaceholders($value, null, $used);

            return [] === $used && !(\is_string($value) && str_starts_with($value, 'file://'));
        });

        do {
            try {
                new WsServer(ServerOptions::cast($options->known()));

                return;
            } catch (ExceptionInterface $e) {
                if (!$options->mayResolve($e->getMessage())) {
                    throw new InvalidConfigurationException(sprintf('The configuration of "ferry" makes options that the server refuses: %s', $e->getMessage()), 0, $e);
                }
            }
            // The server tells the first error only: the next one shows without the option that may be right.
        } while ($options->leaveOut($e->getMessage()));
    }
}
