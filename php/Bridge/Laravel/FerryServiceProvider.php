<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

use Ferry\Api\ApiClient;
use Ferry\Api\Psr18Client;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\LogoutDisconnector;
use Ferry\Auth\RevocationAdmission;
use Ferry\Auth\RevokedTokens;
use Ferry\Auth\TicketAdmission;
use Ferry\Auth\TicketIssuer;
use Ferry\Auth\TicketRedeemer;
use Ferry\Auth\UsedTickets;
use Ferry\Bridge\Laravel\Api\ApiFactory;
use Ferry\Bridge\Laravel\Api\HttpMacro;
use Ferry\Bridge\Laravel\Auth\CacheLedger;
use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Bridge\Laravel\Auth\HandshakeGate;
use Ferry\Bridge\Laravel\Auth\HandshakeScope;
use Ferry\Bridge\Laravel\Auth\RequestScope;
use Ferry\Bridge\Laravel\Console\HandlerMakeCommand;
use Ferry\Bridge\Laravel\Console\InstallCommand;
use Ferry\Bridge\Laravel\Console\RestartCommand;
use Ferry\Bridge\Laravel\Console\ServeCommand;
use Ferry\Bridge\Laravel\Console\TicketCommand;
use Ferry\Bridge\Laravel\Handler\AuthScope;
use Ferry\Bridge\Laravel\Handler\ContainerResolver;
use Ferry\Bridge\Laravel\Handler\ContainerState;
use Ferry\Bridge\Laravel\Handler\EventDispatcher;
use Ferry\Bridge\Laravel\Handler\ExceptionMapper;
use Ferry\Bridge\Laravel\Handler\HandlerCatalog;
use Ferry\Bridge\Laravel\Handler\MessageClassResolver;
use Ferry\Bridge\Laravel\Handler\ModelResolver;
use Ferry\Bridge\Laravel\Hygiene\OpenTransactionWatch;
use Ferry\Bridge\Laravel\Hygiene\ReconnectAfterLoss;
use Ferry\Bridge\Laravel\Publish\FerryBroadcaster;
use Ferry\Bridge\Laravel\Publish\TransactionHook;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Ferry\Bridge\Laravel\Server\RunnerFactory;
use Ferry\Command\WsPublishCommand;
use Ferry\Command\WsStatusCommand;
use Ferry\Handler\ArgumentCompiler;
use Ferry\Handler\CurrentServer;
use Ferry\Handler\EndpointFactory;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\Router;
use Ferry\Hygiene\Retry;
use Ferry\Publish\AfterCommitPublisher;
use Ferry\Publish\BatchPublisherInterface;
use Ferry\Publish\Publisher;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\PublisherInterface;
use Ferry\Publish\Transport\TransportInterface;
use Ferry\Runner;
use Ferry\Status\ControlStatusReader;
use Ferry\Status\StatusReaderInterface;
use Ferry\WsServer;
use Illuminate\Auth\Events\Logout;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Client\Factory;
use Illuminate\Support\ServiceProvider;
use Psr\Cache\CacheItemPoolInterface;
use Symfony\Component\Cache\Adapter\Psr16Adapter;

/**
 * @property Application $app
 */
final class FerryServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->mergeConfigFrom(__DIR__.'/config/ws.php', 'ws');

        $this->app->singleton(HandlerRouter::class, static fn (Application $app): HandlerRouter => new HandlerRouter($app->make('events'), $app));
        $this->app->singleton(WebSockets::class, static fn (Application $app): WebSockets => new WebSockets($app, $app->make(HandlerRouter::class), $app->make('config')));
        $this->app->singleton(RestartSignal::class, static fn (Application $app): RestartSignal => new RestartSignal($app->make('cache')));
        $this->registerAuthentication();
        $this->registerTickets();
        $this->registerPublisher();
        $this->registerApi();
        $this->registerServer();
    }

    public function boot(): void
    {
        $this->app->make('events')->listen(Logout::class, fn (Logout $event) => $this->disconnect($event->user));

        if (!$this->app->runningInConsole()) {
            return;
        }

        $this->commands([HandlerMakeCommand::class, InstallCommand::class, RestartCommand::class, ServeCommand::class, TicketCommand::class, WsPublishCommand::class, WsStatusCommand::class]);
        $this->publishes([__DIR__.'/config/ws.php' => $this->app->configPath('ws.php')], 'ws-config');
        $this->publishes([__DIR__.'/stubs/routes.stub' => $this->app->basePath('routes/ws.php')], 'ws-routes');
        // The browser client. Composer's scripts of a new application publish "laravel-assets" after each update.
        $this->publishes([\dirname(__DIR__).'/Symfony/public' => public_path('vendor/ferry')], ['ferry-assets', 'laravel-assets']);
    }

    private function registerAuthentication(): void
    {
        // One for all, so that what it has set up is found when a handler waits.
        $this->app->singleton(RequestScope::class, static fn (Application $app): RequestScope => new RequestScope($app));
        $this->app->singleton(HandshakeScope::class, static fn (Application $app): HandshakeScope => new HandshakeScope($app, $app->make(RequestScope::class)));
        $this->app->singleton(HandshakeGate::class, static fn (Application $app): HandshakeGate => new HandshakeGate($app, $app->make(HandshakeScope::class), $app->make(ConnectionAuth::class), $app->make('config')));
        $this->app->singleton(ConnectionAuth::class, static fn (Application $app): ConnectionAuth => new ConnectionAuth($app, $app->make('config'), $app->make(HandshakeScope::class)));
    }

    private function registerTickets(): void
    {
        $secret = static function (Application $app): string {
            $secret = $app->make('config')->get('ws.auth.ticket.secret') ?? $app->make('config')->get('app.key');

            return \is_string($secret) ? $secret : throw new \LogicException('Tickets are signed with the application key, and there is none. Run "php artisan key:generate", or set ws.auth.ticket.secret.');
        };
        // Shared by server processes where the cache is; Laravel has it behind PSR-6 only with symfony/cache.
        $pool = static fn (Application $app): ?CacheItemPoolInterface => class_exists(Psr16Adapter::class) && $app->bound('cache.psr6') ? $app->make('cache.psr6') : null;

        $this->app->singleton(TicketIssuer::class, static fn (Application $app): TicketIssuer => new TicketIssuer($secret($app), (int) $app->make('config')->get('ws.auth.ticket.ttl', 30)));
        $this->app->singleton(TicketAdmission::class, static fn (Application $app): TicketAdmission => new TicketAdmission(new TicketRedeemer($secret($app), new UsedTickets(new CacheLedger($app->make('cache.store'))))));
        $this->app->singleton(RevokedTokens::class, static fn (Application $app): RevokedTokens => new RevokedTokens($pool($app)));
        $this->app->singleton(ConnectionRegistry::class, static fn (Application $app): ConnectionRegistry => new ConnectionRegistry($app->make(RevokedTokens::class)));
    }

    private function registerPublisher(): void
    {
        $this->app->singleton(TransportInterface::class, static function (Application $app): TransportInterface {
            $config = (array) $app->make('config')->get('ws.publish');

            // Without a DSN only the server's own process reaches its connections.
            return (new PublisherFactory($app->make(CurrentServer::class)))->transport($config['dsn'] ?? 'in-process:', $config['secret'] ?? '', (float) ($config['timeout'] ?? 2.0));
        });
        $this->app->singleton(BatchPublisherInterface::class, static function (Application $app): BatchPublisherInterface {
            $publisher = new Publisher($app->make(TransportInterface::class));

            return true === $app->make('config')->get('ws.publish.after_commit') ? new AfterCommitPublisher($publisher, new TransactionHook($app)) : $publisher;
        });
        $this->app->alias(BatchPublisherInterface::class, PublisherInterface::class);
        $this->callAfterResolving(BroadcastManager::class, static function (BroadcastManager $broadcasting, Application $app): void {
            $config = $app->make('config');
            $config->set('broadcasting.connections.ferry', $config->get('broadcasting.connections.ferry', ['driver' => 'ferry']));
            $broadcasting->extend('ferry', static fn (): FerryBroadcaster => new FerryBroadcaster($app->make(PublisherInterface::class)));
        });
        $this->app->bind(StatusReaderInterface::class, static function (Application $app): ControlStatusReader {
            $config = (array) $app->make('config')->get('ws.publish');

            return new ControlStatusReader($config['dsn'] ?? null, $config['secret'] ?? null, $config['listen'] ?? null);
        });
        $this->app->bind(WsStatusCommand::class, static fn (Application $app): WsStatusCommand => new WsStatusCommand($app->make(StatusReaderInterface::class)));
        $this->app->bind(WsPublishCommand::class, static fn (Application $app): WsPublishCommand => new WsPublishCommand(static fn (): PublisherInterface => $app->make(PublisherInterface::class)));
    }

    private function registerApi(): void
    {
        $this->app->bind(ApiFactory::class, static fn (Application $app): ApiFactory => new ApiFactory($app, $app->make('config')));
        $this->app->singleton(ApiClient::class, static fn (Application $app): ApiClient => $app->make(ApiFactory::class)->client());
        $this->app->singleton(AsyncTransport::class, static fn (Application $app): AsyncTransport => $app->make(ApiFactory::class)->async());
        $this->app->bind(Psr18Client::class, static fn (Application $app): Psr18Client => new Psr18Client($app->make(AsyncTransport::class)));

        if (class_exists(Factory::class)) {
            HttpMacro::register($this->app);
        }
    }

    private function disconnect(?Authenticatable $user): void
    {
        $config = $this->app->make('config');

        if (null !== $user && true === $config->get('ws.auth.disconnect_on_logout', true)) {
            // Without a DSN nobody expects the server to hear of it.
            (new LogoutDisconnector($this->app->make(PublisherInterface::class), null === $config->get('ws.publish.dsn') ? null : $this->app->make('log')))->disconnect((string) $user->getAuthIdentifier());
        }
    }

    private function registerServer(): void
    {
        $this->app->singleton(CurrentServer::class);
        $this->app->bind(WsServer::class, static fn (Application $app): WsServer => $app->make(CurrentServer::class)->get());
        $this->app->singleton(HandlerCatalog::class, static fn (Application $app): HandlerCatalog => new HandlerCatalog($app->make(HandlerRouter::class), $app->make('config')));
        $this->app->singleton(HandlerDispatcher::class, static function (Application $app): HandlerDispatcher {
            $handlers = $app->make(HandlerCatalog::class)->handlers();
            $server = $app->make(CurrentServer::class);
            $arguments = new ArgumentCompiler([...ArgumentCompiler::builtIn($server), new MessageClassResolver($app), new ModelResolver($app), new ContainerResolver($app)]);

            return new HandlerDispatcher(
                new Router($handlers),
                $handlers,
                new EndpointFactory($app, $arguments, shared: false, retry: self::retry($app)),
                $server,
                enclosing: [$app->make(ConnectionRegistry::class), new AuthScope($app->make(ConnectionAuth::class))],
                gates: [$app->make(TicketAdmission::class), new RevocationAdmission($app->make(RevokedTokens::class)), $app->make(HandshakeGate::class)],
                mappers: [new ExceptionMapper()],
                events: new EventDispatcher($app->make('events')),
                suspendable: [$app->make(RequestScope::class), new ContainerState($app), new OpenTransactionWatch($app, $app->make('log'))],
            );
        });
        $this->app->bind(RunnerFactory::class, static fn (Application $app): RunnerFactory => new RunnerFactory($app, $app->make(HandlerDispatcher::class), new EventDispatcher($app->make('events')), $app->make('log'), $app->make('config')));
        $this->app->bind(Runner::class, static fn (Application $app): Runner => $app->make(RunnerFactory::class)->create());
    }

    /** An event that lost its database connection is handled once more when the database is back. */
    private static function retry(Application $app): ?Retry
    {
        $config = (array) $app->make('config')->get('ws.hygiene');

        return false === ($config['retry'] ?? true) ? null : new Retry([new ReconnectAfterLoss($app, (float) ($config['reconnect_timeout'] ?? 30.0), $app->make('log'))]);
    }
}
