<?php

declare(strict_types=1);

namespace Ferry;

use Ferry\Bridge\Symfony\DependencyInjection\Compiler\AccessPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\ApiPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\DebugPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\HandlersPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\HygienePass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\ProfilerPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\SecurityPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\ServerOptionsPass;
use Ferry\Bridge\Symfony\DependencyInjection\Compiler\TestingPass;
use Ferry\Bridge\Symfony\DependencyInjection\FerryExtension;
use Symfony\Component\DependencyInjection\Compiler\PassConfig;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Extension\ExtensionInterface;
use Symfony\Component\HttpKernel\Bundle\Bundle;

/**
 * Ferry in a Symfony application: handlers are services, and `bin/console ws:serve` serves them. The configuration is in
 * docs/symfony.md and in `bin/console config:dump-reference ferry`.
 */
final class FerryBundle extends Bundle
{
    public function build(ContainerBuilder $container): void
    {
        // When autoconfiguration has added its tags.
        $container->addCompilerPass(new SecurityPass());
        $container->addCompilerPass(new AccessPass());
        $container->addCompilerPass(new HygienePass());
        $container->addCompilerPass(new ApiPass());
        $container->addCompilerPass(new HandlersPass(), PassConfig::TYPE_BEFORE_OPTIMIZATION, -10);
        $container->addCompilerPass(new ProfilerPass());
        $container->addCompilerPass(new TestingPass());
        $container->addCompilerPass(new ServerOptionsPass(), PassConfig::TYPE_BEFORE_OPTIMIZATION, -20);
        $container->addCompilerPass(new DebugPass(), PassConfig::TYPE_BEFORE_OPTIMIZATION, -20);
    }

    public function getContainerExtension(): ?ExtensionInterface
    {
        return $this->extension ??= new FerryExtension();
    }

    /** Where templates and translations are looked for. */
    public function getPath(): string
    {
        return __DIR__.'/Bridge/Symfony';
    }
}
