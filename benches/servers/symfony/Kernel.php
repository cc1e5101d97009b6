<?php

declare(strict_types=1);

namespace Bench;

use Ferry\Event\MessageHandled;
use Ferry\Event\MessageReceived;
use Ferry\FerryBundle;
use Psr\Log\NullLogger;
use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\Config\Loader\LoaderInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpKernel\Kernel as BaseKernel;

/**
 * A Symfony application in production mode with a firewall, users and one handler.
 */
final class Kernel extends BaseKernel
{
    /**
     * @param 'never'|'message' $reset    of the bundle's section "hygiene"
     * @param bool              $listened whether somebody listens to the events of messages
     */
    public function __construct(private readonly string $handler, private readonly string $key, private readonly string $reset, private readonly bool $listened, private readonly string $dir)
    {
        parent::__construct('prod', false);
    }

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new SecurityBundle(), new FerryBundle()];
    }

    public function registerContainerConfiguration(LoaderInterface $loader): void
    {
        $loader->load(function (ContainerBuilder $container): void {
            $container->loadFromExtension('framework', [
                'secret' => 'bench',
                'http_method_override' => false,
                'php_errors' => ['log' => true],
                'router' => ['utf8' => true, 'resource' => 'kernel::routes', 'type' => 'service'],
            ]);
            $container->loadFromExtension('security', (self::VERSION_ID < 60000 ? ['enable_authenticator_manager' => true] : []) + [
                'providers' => ['users' => ['memory' => ['users' => ['bench' => ['password' => 'x', 'roles' => ['ROLE_USER']]]]]],
                'firewalls' => ['main' => ['provider' => 'users', 'stateless' => true]],
            ]);
            $container->loadFromExtension('ferry', [
                'auth' => ['jwt' => ['algorithms' => ['HS256'], 'key' => $this->key]],
                'hygiene' => ['reset' => $this->reset],
            ]);
            $container->register('logger', NullLogger::class);
            $container->register($this->handler, $this->handler)->setAutowired(true)->setAutoconfigured(true);

            if ($this->listened) {
                $container->register(Listener::class, Listener::class)
                    ->addTag('kernel.event_listener', ['event' => MessageReceived::class, 'method' => 'received'])
                    ->addTag('kernel.event_listener', ['event' => MessageHandled::class, 'method' => 'handled']);
            }
        });
    }

    public function getProjectDir(): string
    {
        return $this->dir;
    }

    public function getCacheDir(): string
    {
        return $this->dir.'/cache';
    }

    public function getBuildDir(): string
    {
        return $this->dir.'/cache';
    }

    public function getLogDir(): string
    {
        return $this->dir.'/log';
    }
}
