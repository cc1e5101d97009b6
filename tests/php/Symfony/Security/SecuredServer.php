<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Publish\PublisherInterface;
use Ferry\Testing\FakeConnection;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Symfony\Api\NotesController;
use Ferry\Tests\Symfony\TestKernel;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Security\Core\Authentication\RememberMe\InMemoryTokenProvider;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;

/**
 * An application with firewalls of each kind, and clients who talk to it.
 */
trait SecuredServer
{
    /** @var array<string, TestKernel> by configuration: to compile a container takes a second */
    private static array $kernels = [];

    private ?TestKernel $kernel = null;

    public static function tearDownAfterClass(): void
    {
        foreach (self::$kernels as $kernel) {
            $kernel->remove();
        }

        self::$kernels = [];
    }

    /**
     * @param array<string, mixed>             $auth
     * @param array<string, mixed>             $framework
     * @param list<array<string, mixed>>       $control
     * @param array<string, mixed>             $ferry
     * @param list<class-string>               $handlers
     */
    private function boot(array $auth, array $framework = [], array $control = [], array $ferry = [], array $handlers = []): void
    {
        $this->kernel = self::$kernels[serialize(\func_get_args())] ??= $this->makeKernel($auth, $framework, $control, $ferry, $handlers);
        $this->kernel->boot();
    }

    /**
     * @param array<string, mixed>       $auth
     * @param array<string, mixed>       $framework
     * @param list<array<string, mixed>> $control
     * @param array<string, mixed>       $ferry
     * @param list<class-string>         $handlers
     */
    private function makeKernel(array $auth, array $framework, array $control, array $ferry, array $handlers): TestKernel
    {
        $firewalls = [
            'off' => ['pattern' => '^/assets', 'security' => false],
            'main' => [
                'pattern' => '^/(login|chat)', 'lazy' => true, 'provider' => 'people', 'user_checker' => NotLocked::class,
                'form_login' => ['login_path' => '/login', 'check_path' => '/login'],
                'remember_me' => ['secret' => 'a secret of the application'],
                'logout' => ['path' => '/login/out'],
            ],
            'persistent' => [
                'pattern' => '^/persistent', 'provider' => 'people',
                'form_login' => ['login_path' => '/persistent', 'check_path' => '/persistent'],
                'remember_me' => ['secret' => 'a secret of the application', 'token_provider' => InMemoryTokenProvider::class],
            ],
            'api' => ['pattern' => '^/api', 'stateless' => true, 'provider' => 'people', 'user_checker' => NotLocked::class, 'custom_authenticators' => [BearerAuthenticator::class]],
            'basic' => ['pattern' => '^/basic', 'stateless' => true, 'provider' => 'people', 'http_basic' => ['realm' => 'x']],
        ];

        if (Kernel::VERSION_ID >= 60200) {
            $firewalls['access_token'] = ['pattern' => '^/token', 'stateless' => true, 'provider' => 'people', 'access_token' => ['token_handler' => TokenHandler::class]];
        }

        $security = [
            'password_hashers' => [Person::class => 'plaintext'],
            'providers' => ['people' => ['id' => People::class]],
            'firewalls' => $firewalls,
            'access_control' => $control,
        ];

        if (Kernel::VERSION_ID < 60000) {
            $security['enable_authenticator_manager'] = true;
        }

        if (Kernel::VERSION_ID < 70300) {
            // Later versions do not call what is #[\Deprecated], and complain of what is not.
            $security['erase_credentials'] = false;
        }

        $services = [SecuredHandler::class, AdminHandler::class, RawAdminHandler::class, BearerAuthenticator::class, OwnerVoter::class, ...$handlers];
        $configure = function (ContainerBuilder $container): void {
            foreach ([People::class, NotLocked::class, ...(Kernel::VERSION_ID >= 60200 ? [TokenHandler::class] : [])] as $class) {
                $container->register($class, $class)->setPublic(true);
            }

            $container->register(BusyLock::class, BusyLock::class);
            $container->register(NotesController::class, NotesController::class)
                ->setAutowired(true)
                ->setPublic(true)
                ->addTag('controller.service_arguments')
                ->addTag('kernel.event_listener', ['event' => 'kernel.terminate', 'method' => 'onTerminate']);
            $container->register(InMemoryTokenProvider::class, InMemoryTokenProvider::class)->setPublic(true);
            // In place of the application's publisher.
            $container->register('publisher_double', PublisherInterface::class)->setSynthetic(true)->setPublic(true)->setDecoratedService(PublisherInterface::class);
        };

        return new TestKernel($ferry + ['auth' => $auth], $services, $configure, [new SecurityBundle()], ['security' => $security, 'framework' => $framework + ['router' => ['utf8' => true, 'resource' => __DIR__.'/routes.yaml']]]);
    }

    private function admit(FakeHandshake $handshake): Identity|bool|int|null
    {
        return $this->dispatcher()->onHandshake($handshake);
    }

    private function open(FakeHandshake $handshake): FakeConnection
    {
        $answer = $this->admit($handshake);
        self::assertTrue(null === $answer || $answer instanceof Identity, 'refused: '.json_encode($answer));
        $connection = new FakeConnection(identity: $answer ?? $handshake->identity(), handshake: $handshake);
        $this->dispatcher()->onOpen($connection);

        return $connection;
    }

    private function ask(FakeConnection $connection, string $type, mixed ...$fields): mixed
    {
        $connection->clear();
        $this->dispatcher()->onMessage($connection, json_encode(['type' => $type] + $fields, \JSON_THROW_ON_ERROR), false);
        $frames = $connection->frames();
        self::assertCount(1, $frames);

        return json_decode($frames[0]->data, true) ?? $frames[0]->data;
    }

    private function dispatcher(): HandlerDispatcher
    {
        return $this->kernel->service(HandlerDispatcher::class);
    }

    private function tokens(): TokenStorageInterface
    {
        return $this->kernel->service(TokenStorageInterface::class);
    }

    private function people(): People
    {
        return $this->kernel->service(People::class);
    }
}
