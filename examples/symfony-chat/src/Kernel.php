<?php

declare(strict_types=1);

namespace App;

use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

final class Kernel extends BaseKernel
{
    use MicroKernelTrait;

    public function boot(): void
    {
        // Databases store times without a zone.
        date_default_timezone_set('UTC');

        parent::boot();
    }

    public function getProjectDir(): string
    {
        return \dirname(__DIR__);
    }

    public function getCacheDir(): string
    {
        return $this->dataDir().'/cache/'.$this->environment;
    }

    public function getBuildDir(): string
    {
        return $this->getCacheDir();
    }

    public function getLogDir(): string
    {
        return $this->dataDir().'/log';
    }

    /**
     * @return array<string, mixed>
     */
    protected function getKernelParameters(): array
    {
        return ['app.data_dir' => $this->dataDir()] + parent::getKernelParameters();
    }

    protected function configureContainer(ContainerConfigurator $container): void
    {
        $container->import('../config/packages/*.yaml');
        $container->import('../config/services.yaml');
        $container->import('../config/{services}_'.$this->environment.'.yaml');

        // On by default since Symfony 6, where naming it is deprecated.
        if (self::VERSION_ID < 60000) {
            $container->extension('security', ['enable_authenticator_manager' => true]);
        }
    }

    protected function configureRoutes(RoutingConfigurator $routes): void
    {
        $routes->import('../config/routes.yaml');
    }

    /** Everything that is written lies here: database, secret, caches, logs. */
    private function dataDir(): string
    {
        // getenv(): PHP's own web server does not copy the environment to $_SERVER.
        return getenv('APP_DATA_DIR') ?: $this->getProjectDir().'/var';
    }
}
