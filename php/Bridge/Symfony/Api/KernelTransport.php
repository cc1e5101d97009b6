<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Api;

use Ferry\Api\BaseUri;
use Ferry\Api\Exception\ApiException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request as ApiRequest;
use Ferry\Api\Response as ApiResponse;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Api\Uri;
use Ferry\Bridge\Symfony\Security\Session\SessionReader;
use Ferry\Http\ApiMessage;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\MockArraySessionStorage;
use Symfony\Component\HttpKernel\HttpKernelInterface;
use Symfony\Component\HttpKernel\TerminableInterface;
use Symfony\Component\Routing\RequestContext;

/**
 * The application's controllers in this process: as main requests, through its firewalls, without a network.
 *
 * A controller finds the state that a web server would give it, but for services, which are those of the handler and are
 * reset when its message is done. Its session is read only. A timeout cannot interrupt it.
 */
final class KernelTransport implements TransportInterface
{
    /**
     * @param BaseUri        $baseUri  whose path no route begins with
     * @param ?SessionReader $sessions null where the framework has no sessions
     */
    public function __construct(
        private readonly HttpKernelInterface $kernel,
        private readonly OuterState $outer,
        private readonly BaseUri $baseUri,
        private readonly int $maxBodyBytes,
        private readonly ?SessionReader $sessions = null,
        private readonly ?LoggerInterface $logger = null,
    ) {
    }

    /** That of framework.router.default_uri: the host that URLs have which the application makes without a request. */
    public static function baseUri(?RequestContext $context): BaseUri
    {
        if (null === $context) {
            return new BaseUri('http://localhost');
        }

        $scheme = $context->getScheme();
        $port = 'https' === $scheme ? $context->getHttpsPort() : $context->getHttpPort();

        return new BaseUri(sprintf('%s://%s:%d%s', $scheme, $context->getHost(), $port, $context->getBaseUrl()));
    }

    public function send(ApiRequest $request): ApiResponse
    {
        $message = ApiMessage::request($request, $this->baseUri);
        // One of the framework's own would start PHP's session in a process that has printed something already.
        $message->setSession($this->sessions?->read($message) ?? new Session(new MockArraySessionStorage()));

        return $this->outer->leaveFor(function () use ($message, $request): ApiResponse {
            try {
                [$response, $answer] = ApiMessage::response($request, fn (): Response => $this->kernel->handle($message, HttpKernelInterface::MAIN_REQUEST), $this->maxBodyBytes);
            } catch (ApiException $e) {
                throw $e;
            } catch (\Throwable $e) {
                throw new TransportException(sprintf('The application failed on %s: %s', Uri::withoutQuery($request->url), $e->getMessage()), 0, $e);
            }

            if ($this->kernel instanceof TerminableInterface) {
                try {
                    $this->kernel->terminate($message, $response);
                } catch (\Throwable $e) {
                    // Behind a web server the answer has gone out, too.
                    $this->logger?->error('What the application does after {method} {url} failed: {message}', ['method' => $request->method, 'url' => Uri::withoutQuery($request->url), 'message' => $e->getMessage(), 'exception' => $e]);
                }
            }

            return $answer;
        });
    }
}
