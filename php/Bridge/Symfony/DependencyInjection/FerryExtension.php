<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection;

use Ferry\Bridge\Symfony\DependencyInjection\Section\ApiSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\AuthSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\HandlerSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\HygieneSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\MetricsSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ProfilerSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\PublishSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\SectionInterface;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ServerSection;
use Ferry\Bridge\Symfony\DependencyInjection\Section\StatusSection;
use Symfony\Component\Config\Definition\ConfigurationInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\Extension\Extension;

/**
 * Each section of the configuration registers its services.
 */
final class FerryExtension extends Extension
{
    /**
     * @return list<SectionInterface>
     */
    public static function sections(): array
    {
        return [
            new ServerSection(),
            new HandlerSection(),
            new AuthSection(),
            new HygieneSection(),
            new ApiSection(),
            new PublishSection(),
            new MetricsSection(),
            new ProfilerSection(),
            new StatusSection(),
        ];
    }

    public function getAlias(): string
    {
        return 'ferry';
    }

    /**
     * @param array<mixed> $config
     */
    public function getConfiguration(array $config, ContainerBuilder $container): ConfigurationInterface
    {
        return new Configuration(self::sections());
    }

    /**
     * @param array<mixed> $configs
     */
    public function load(array $configs, ContainerBuilder $container): void
    {
        $sections = self::sections();
        /** @var array<string, mixed> $config */
        $config = $this->processConfiguration(new Configuration($sections), $configs);

        (new Contradictions($container))->refuse($config);

        foreach ($sections as $section) {
            $section->load($config, $container);
        }
    }
}
