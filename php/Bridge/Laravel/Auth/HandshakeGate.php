<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Auth;

use Ferry\Bridge\Laravel\Handler\HandlerCatalog;
use Ferry\Bridge\Laravel\Routing\HandlerRoute;
use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Identity;
use Illuminate\Auth\AuthManager;
use Illuminate\Auth\Middleware\Authenticate;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\StatefulGuard;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Pipeline\Pipeline;
use Illuminate\Routing\Router;
use Symfony\Component\HttpKernel\Exception\NotFoundHttpException;

/**
 * Lets a handshake pass through the middleware of its handler, as a request passes to its controller: auth, can, throttle,
 * whole groups. Who comes through is in.
 */
final class HandshakeGate implements AdmissionInterface
{
    private const FORBIDDEN = 403;

    public function __construct(
        private readonly Application $app,
        private readonly HandshakeScope $scope,
        private readonly ConnectionAuth $auth,
        private readonly Repository $config,
    ) {
    }

    /**
     * @return Identity|int|null the user, the status that refuses the handshake, or null for a guest who may come in
     */
    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|int|null
    {
        $route = clone HandlerCatalog::route($handler);
        $identity ??= $handshake->identity();

        return $this->scope->run($handshake, fn (Request $request): Identity|int|null => $this->decide($request, $route, $identity, $handshake));
    }

    private function decide(Request $request, HandlerRoute $route, ?Identity $identity, Handshake $handshake): Identity|int|null
    {
        // The kernel is what tells the router of the application's middleware; a console has had no need of it yet.
        $this->app->make(Kernel::class);
        $auth = $this->app->make('auth');
        $auth->shouldUse($this->config->get('ws.auth.guard') ?? $auth->getDefaultDriver());
        $through = new Response('', Response::HTTP_NO_CONTENT);

        try {
            $middleware = $this->middleware($request, $route);

            // Who showed a token that the server has verified, or a ticket, needs no second proof: guards know the user already.
            if (null !== $identity) {
                $this->auth->enter($identity, static fn (): Handshake => $handshake, self::guards($middleware));
            }

            $response = (new Pipeline($this->app))->send($request)->through($middleware)->then(function () use ($auth, $through, $handshake, &$identity): Response {
                $identity ??= $this->identity($auth, $handshake);

                return $through;
            });
        } catch (\Throwable $e) {
            return $this->refusal($request, $e);
        } finally {
            $this->auth->leave();
        }

        return $response === $through ? $identity : $this->status($response);
    }

    /**
     * @return list<\Closure|string>
     */
    private function middleware(Request $request, HandlerRoute $route): array
    {
        // The path is the handler's; its domain, for one, has not been looked at.
        if (!$route->matches($request)) {
            throw new NotFoundHttpException();
        }

        $route->bind($request);
        $request->setRouteResolver(static fn () => $route);
        $router = $this->app->make('router');
        \assert($router instanceof Router);
        $middleware = array_values($router->gatherRouteMiddleware($route));

        return [...SessionMiddleware::missingIn($middleware, $router, $this->config, $request), ...$middleware];
    }

    /**
     * @param list<\Closure|string> $middleware
     *
     * @return list<string> that the middleware "auth" asks
     */
    private static function guards(array $middleware): array
    {
        $guards = [];

        foreach ($middleware as $entry) {
            [$class, $parameters] = \is_string($entry) ? explode(':', $entry, 2) + [1 => ''] : ['', ''];

            if ('' !== $parameters && is_a($class, Authenticate::class, true)) {
                array_push($guards, ...explode(',', $parameters));
            }
        }

        return $guards;
    }

    private function identity(AuthManager $auth, Handshake $handshake): ?Identity
    {
        $guard = $auth->guard();
        $user = $guard->user();

        // A guard of sessions has not looked at it.
        return $user instanceof Authenticatable ? GuardClaim::identity($user, $auth->getDefaultDriver(), $guard instanceof StatefulGuard ? null : $handshake->token) : null;
    }

    private function refusal(Request $request, \Throwable $error): int
    {
        $handler = $this->app->make(ExceptionHandler::class);
        $handler->report($error);

        return $this->status($handler->render($request, $error));
    }

    private function status(mixed $response): int
    {
        $status = \is_object($response) && method_exists($response, 'getStatusCode') ? $response->getStatusCode() : self::FORBIDDEN;

        // A redirect to the login page, or a page instead of a connection: a WebSocket can follow neither.
        return $status >= 400 && $status <= 599 ? $status : self::FORBIDDEN;
    }
}
