<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Api;

use Ferry\Api\BaseUri;
use Ferry\Api\Exception\ApiException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request as ApiRequest;
use Ferry\Api\Response as ApiResponse;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Api\Uri;
use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Bridge\Laravel\Auth\RequestScope;
use Ferry\Http\ApiMessage;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * The application's controllers in this process, through its middleware and guards, without a network.
 *
 * A controller finds the state that a web server would give it, but for singletons, which are those of the handler. A timeout
 * cannot interrupt it.
 */
final class KernelTransport implements TransportInterface
{
    /**
     * @param BaseUri $baseUri whose path no route begins with
     */
    public function __construct(
        private readonly Application $app,
        private readonly ConnectionAuth $auth,
        private readonly BaseUri $baseUri,
        private readonly int $maxBodyBytes,
    ) {
    }

    public function send(ApiRequest $request): ApiResponse
    {
        $message = ApiMessage::request($request, $this->baseUri, Request::class);
        $inside = fn (): ApiResponse => $this->app->make(RequestScope::class)->run($message, fn (): ApiResponse => $this->handle($request, $message));

        return $this->auth->aside(fn (): ApiResponse => (new OuterState($this->app))->leaveFor($inside));
    }

    private function handle(ApiRequest $request, Request $message): ApiResponse
    {
        $kernel = $this->app->make(Kernel::class);

        try {
            [$response, $answer] = ApiMessage::response($request, static fn (): Response => $kernel->handle($message), $this->maxBodyBytes);
        } catch (ApiException $e) {
            throw $e;
        } catch (\Throwable $e) {
            throw new TransportException(sprintf('The application failed on %s: %s', Uri::withoutQuery($request->url), $e->getMessage()), 0, $e);
        }

        // Behind a web server the answer has gone out by then.
        rescue(static fn () => $kernel->terminate($message, $response));

        return $answer;
    }
}
