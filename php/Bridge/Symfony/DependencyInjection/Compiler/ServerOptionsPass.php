<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

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
 * Values from the environment are not known yet, and keys in files may not be on the machine that builds: the options that
 * have them are left to the start.
 */
final class ServerOptionsPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasParameter(ServerSection::OPTIONS) || !ExtensionCheck::isLoaded() || 'cli' !== \PHP_SAPI) {
            return;
        }

        $known = [];
        $left = false;
        /** @var array<string, mixed> $options */
        $options = $container->getParameterBag()->resolveValue($container->getParameter(ServerSection::OPTIONS));

        foreach ($options as $name => $value) {
            $used = [];
            $container->resolveEnvPlaceholders($value, null, $used);

            if ([] === $used && !self::namesFile($value)) {
                $known[$name] = $value;
            } else {
                $left = true;
            }
        }

        try {
            new WsServer(ServerOptions::cast($known));
        } catch (ExceptionInterface $e) {
            // What looks wrong may be right together with an option that is not known yet.
            if (!$left) {
                throw new InvalidConfigurationException(sprintf('The configuration of "ferry" makes options that the server refuses: %s', $e->getMessage()), 0, $e);
            }
        }
    }

    private static function namesFile(mixed $value): bool
    {
        if (\is_string($value)) {
            return str_starts_with($value, 'file://');
        }

        return \is_array($value) && [] !== array_filter($value, self::namesFile(...));
    }
}
