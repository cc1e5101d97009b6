<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony;

use Ferry\FerryBundle;
use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Component\Config\Loader\LoaderInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\Filesystem\Filesystem;
use Symfony\Component\HttpKernel\Bundle\BundleInterface;
use Symfony\Component\HttpKernel\Kernel;

/**
 * A real kernel with the bundle, of the Symfony that is installed. Its cache is a folder of its own, removed by the test.
 */
final class TestKernel extends Kernel
{
    private readonly string $dir;

    /** Of PHPUnit: FrameworkBundle installs one of its own and leaves it. */
    private readonly mixed $exceptionHandler;

    /**
     * @param array<string, mixed>                  $ferry     configuration of the bundle
     * @param list<class-string>                    $services  registered autowired and autoconfigured
     * @param ?\Closure(ContainerBuilder): void     $configure further services
     * @param list<BundleInterface>                 $further   beside FrameworkBundle and FerryBundle
     * @param array<string, array<string, mixed>>   $config    of other bundles, by extension
     */
    public function __construct(
        private readonly array $ferry = [],
        private readonly array $services = [],
        private readonly ?\Closure $configure = null,
        private readonly array $further = [],
        private readonly array $config = [],
        bool $debug = false,
    ) {
        $this->dir = sys_get_temp_dir().'/ferry-kernel-'.bin2hex(random_bytes(8));
        $this->exceptionHandler = self::exceptionHandler();
        parent::__construct('test', $debug);
    }

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), ...$this->further, new FerryBundle()];
    }

    public function registerContainerConfiguration(LoaderInterface $loader): void
    {
        $loader->load(function (ContainerBuilder $container): void {
            $framework = [
                'secret' => 'test',
                'test' => true,
                'http_method_override' => false,
                'router' => ['utf8' => true, 'resource' => 'kernel::routes', 'type' => 'service'],
                'serializer' => ['enabled' => true],
                'validation' => ['enabled' => true],
                'property_info' => ['enabled' => true],
                'php_errors' => ['log' => true],
                'session' => ['storage_factory_id' => 'session.storage.factory.mock_file'],
            ];

            if (self::VERSION_ID >= 60100) {
                $framework['handle_all_throwables'] = true;
            }

            if (self::VERSION_ID >= 70300) {
                $framework['property_info']['with_constructor_extractor'] = true;
            }

            $container->loadFromExtension('framework', array_replace($framework, $this->config['framework'] ?? []));

            foreach (array_diff_key($this->config, ['framework' => true]) as $extension => $config) {
                $container->loadFromExtension($extension, $config);
            }

            $container->loadFromExtension('ferry', $this->ferry);
            $container->register('logger', \Psr\Log\NullLogger::class);

            foreach ($this->services as $class) {
                $container->register($class, $class)->setAutowired(true)->setAutoconfigured(true);
            }

            if (null !== $this->configure) {
                ($this->configure)($container);
            }

            $container->setParameter('kernel.test_dir', $this->dir);
        });
    }

    public function service(string $id): object
    {
        $this->boot();
        $container = $this->getContainer()->get('test.service_container');
        \assert($container instanceof \Psr\Container\ContainerInterface);

        return $container->get($id);
    }

    /** Booted again, it has new services. */
    public function shutdown(): void
    {
        parent::shutdown();

        while (null !== ($handler = self::exceptionHandler()) && $handler !== $this->exceptionHandler) {
            restore_exception_handler();
        }
    }

    public function remove(): void
    {
        $this->shutdown();
        (new Filesystem())->remove($this->dir);
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

    private static function exceptionHandler(): mixed
    {
        $handler = set_exception_handler(null);
        restore_exception_handler();

        return $handler;
    }

    protected function getContainerClass(): string
    {
        // One process makes many kernels, each with classes of its own.
        return 'Container'.strtr(basename($this->dir), '-', '_');
    }
}
