<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel;

use Ferry\Api\ApiClient;
use Ferry\Auth\TicketIssuer;
use Ferry\Bridge\Laravel\Auth\GuardClaim;
use Ferry\Bridge\Laravel\Auth\UserLoader;
use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Bridge\Laravel\Routing\HandlerRouter;
use Ferry\Bridge\Laravel\Testing\FakePublisher;
use Ferry\Connection;
use Ferry\Publish\BatchPublisherInterface;
use Ferry\Publish\PublisherInterface;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Container\Container;
use Illuminate\Routing\RouteRegistrar;

/**
 * What stands behind the facade Ws.
 *
 * @method RouteRegistrar middleware(array|string ...$middleware)
 * @method RouteRegistrar prefix(string $prefix)
 * @method RouteRegistrar name(string $name)
 * @method RouteRegistrar domain(string $domain)
 *
 * @mixin FakePublisher
 */
final class WebSockets
{
    private ?FakePublisher $fake = null;

    private const GROUP_ATTRIBUTES = ['as', 'domain', 'middleware', 'name', 'prefix', 'scopeBindings', 'where', 'withoutMiddleware', 'withoutScopedBindings'];

    public function __construct(
        private readonly Container $container,
        private readonly HandlerRouter $handlers,
        private readonly Repository $config,
    ) {
    }

    /**
     * Serves connections to a path, in routes/ws.php.
     *
     *     Ws::handler('/chat/{room}', Chat::class)->middleware('auth:sanctum');
     *
     * @param class-string $handler
     */
    public function handler(string $uri, string $handler): HandlerRoute
    {
        return $this->handlers->handler($uri, $handler);
    }

    /**
     * Sends an event to the members of rooms, from anywhere: controllers, jobs, handlers.
     *
     * @param string|list<string> $rooms
     * @param ?string             $except id of a connection that does not get it
     *
     * @return int connections that got it
     *
     * @throws \Ferry\Exception\PublishException when the server did not take it
     */
    public function publish(string|array $rooms, string $event, mixed $data = null, ?string $except = null): int
    {
        return $this->publisher()->publish($rooms, $event, $data, $except);
    }

    /**
     * Sends an event to every connection of a user.
     *
     * @return int connections that got it
     */
    public function toUser(Authenticatable|string|int $user, string $event, mixed $data = null): int
    {
        return $this->publisher()->toUser(self::identifier($user), $event, $data);
    }

    /**
     * Closes every connection of a user, as after a logout.
     *
     * @return int connections closed
     */
    public function disconnectUser(Authenticatable|string|int $user, int $code = 4401, string $reason = ''): int
    {
        return $this->publisher()->disconnectUser(self::identifier($user), $code, $reason);
    }

    /**
     * @return list<array{id: string, user: ?string, remoteAddress: string, rooms: list<string>, connectedAt: int}> open connections, of one room or all
     */
    public function connections(?string $room = null): array
    {
        return $this->publisher()->connections($room);
    }

    /**
     * Requests to the application's own API, as the client of that connection.
     *
     *     Ws::api($connection)->post('/api/messages', json: ['text' => $text])->toArray();
     */
    public function api(Connection $connection): ApiClient
    {
        return $this->container->make(ApiClient::class)->as($connection);
    }

    /** For tests: from now on what is published is remembered instead of sent, and Ws::assertPublished() knows of it. */
    public function fake(): FakePublisher
    {
        $this->fake = new FakePublisher();
        $this->container->instance(PublisherInterface::class, $this->fake);
        $this->container->instance(BatchPublisherInterface::class, $this->fake);

        return $this->fake;
    }

    /**
     * What several handlers have in common, as with routes: Ws::middleware('auth')->prefix('chat')->group(…). After fake(), its
     * assertions.
     *
     * @param list<mixed> $arguments
     */
    public function __call(string $method, array $arguments): mixed
    {
        if (\in_array($method, self::GROUP_ATTRIBUTES, true)) {
            return $this->handlers->__call($method, $arguments);
        }

        if (str_starts_with($method, 'assert') && method_exists(FakePublisher::class, $method)) {
            return ($this->fake ?? throw new \LogicException(sprintf('Call Ws::fake() before Ws::%s().', $method)))->{$method}(...$arguments);
        }

        throw new \BadMethodCallException(sprintf('Method %s::%s does not exist.', self::class, $method));
    }

    /**
     * A ticket with which the user's page connects once, within seconds: 'wss://…?ticket='.Ws::ticket($user). For pages whose
     * cookies do not reach the server.
     *
     * @param ?string $guard by whose name the user is known to handlers; null: the application's default one, or the first that has such users
     * @param ?int    $ttl   seconds until it expires; null: as configured
     */
    public function ticket(Authenticatable $user, ?string $guard = null, ?int $ttl = null): string
    {
        $identity = GuardClaim::of($user, $guard ?? (new UserLoader($this->container, $this->config))->guardOf($user, $this->container->make('auth')->getDefaultDriver()));

        return $this->container->make(TicketIssuer::class)->issue($identity[0], [], $identity[1], $ttl);
    }

    /** The address of a path for clients, 'ws://…' or 'wss://…', from the section "public" of config/ws.php. */
    public function url(string $path = '/'): string
    {
        $public = (array) $this->config->get('ws.public');
        $secure = \in_array($public['scheme'] ?? 'http', ['https', 'wss'], true);
        $port = (int) ($public['port'] ?? 0);

        return sprintf(
            '%s://%s%s/%s',
            $secure ? 'wss' : 'ws',
            $public['host'] ?? '127.0.0.1',
            0 === $port || $port === ($secure ? 443 : 80) ? '' : ':'.$port,
            ltrim($path, '/'),
        );
    }

    private function publisher(): PublisherInterface
    {
        return $this->container->make(PublisherInterface::class);
    }

    private static function identifier(Authenticatable|string|int $user): string
    {
        return (string) ($user instanceof Authenticatable ? $user->getAuthIdentifier() : $user);
    }
}
