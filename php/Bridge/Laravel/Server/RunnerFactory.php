<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Server;

use Ferry\Auth\ConnectionRegistry;
use Ferry\Auth\RevocationWatch;
use Ferry\Auth\RevokedTokens;
use Ferry\Bridge\Laravel\Handler\HandlerCatalog;
use Ferry\Bridge\Laravel\Hygiene\PingIdleConnections;
use Ferry\Bridge\Laravel\Hygiene\ResetApplication;
use Ferry\Bridge\Laravel\Hygiene\RollBackOpenTransactions;
use Ferry\Bridge\Laravel\RestartListener;
use Ferry\Bridge\Laravel\RestartSignal;
use Ferry\Event\LifecycleListener;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\IdleGarbageCollection;
use Ferry\Hygiene\ResetPolicy;
use Ferry\Hygiene\ServiceReset;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Psr\EventDispatcher\EventDispatcherInterface;
use Psr\Log\LoggerInterface;

/**
 * Puts the server together that ws:serve runs, from config/ws.php.
 */
final class RunnerFactory
{
    public function __construct(
        private readonly Application $app,
        private readonly HandlerDispatcher $dispatcher,
        private readonly EventDispatcherInterface $events,
        private readonly LoggerInterface $logger,
        private readonly Repository $config,
    ) {
    }

    /**
     * @throws InvalidHandlerException when routes/ws.php registers none
     */
    public function create(): Runner
    {
        if ([] === $handlers = $this->app->make(HandlerCatalog::class)->handlers()) {
            throw new InvalidHandlerException(sprintf('There is no handler to serve. Register one in %s: Ws::handler(\'/chat/{room}\', App\WebSockets\Chat::class). "php artisan make:ws-handler" writes one.', $this->config->get('ws.routes') ?? 'routes/ws.php'));
        }

        $waits = [] !== array_filter($handlers, static fn (HandlerDescriptor $handler): bool => $handler->waits());

        return new Runner($this->dispatcher, ConfiguredOptions::from($this->config, $this->dispatcher->router()->paths(), $waits), $this->listeners());
    }

    /**
     * @return list<Listener>
     */
    private function listeners(): array
    {
        $gc = (int) $this->config->get('ws.hygiene.gc_every', 1000);

        return [
            new LifecycleListener($this->events),
            new ReportFailures($this->app->make(ExceptionHandler::class)),
            $this->housekeeper(),
            new RevocationWatch($this->app->make(ConnectionRegistry::class), $this->app->make(RevokedTokens::class), $this->logger),
            ...($gc > 0 ? [new IdleGarbageCollection($gc)] : []),
            new RestartListener($this->app->make(RestartSignal::class), $this->logger),
        ];
    }

    private function housekeeper(): Housekeeper
    {
        $reset = $this->config->get('ws.hygiene.reset', 'message');
        $policy = \is_string($reset) ? ResetPolicy::tryFrom($reset) : null;

        if (null === $policy) {
            throw new \InvalidArgumentException(sprintf('The setting ws.hygiene.reset must be one of "%s", %s given.', implode('", "', array_column(ResetPolicy::cases(), 'value')), json_encode($reset)));
        }

        $ping = (float) $this->config->get('ws.hygiene.ping_after', 30);
        $services = new ServiceReset(\Closure::fromCallable(new ResetApplication($this->app, (array) $this->config->get('ws.hygiene.flush', []))));

        return new Housekeeper(
            array_values(array_filter([
                $ping > 0 ? new PingIdleConnections($this->app, $ping, $this->logger) : null,
                new RollBackOpenTransactions($this->app, $this->logger),
                ResetPolicy::Message === $policy ? $services : null,
            ])),
            ResetPolicy::Batch === $policy ? [$services] : [],
            $this->logger,
        );
    }
}
