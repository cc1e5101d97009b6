<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Api;

use Ferry\Api\BaseUri;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request as ApiRequest;
use Ferry\Api\Response as ApiResponse;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Api\Uri;
use Ferry\Bridge\Symfony\Security\Session\SessionReader;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\Request;
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
        $message = $this->message($request);

        return $this->outer->leaveFor(function () use ($message, $request): ApiResponse {
            // Until Symfony 6 a listener sends streams before handle() returns.
            $output = new CapturedOutput($this->maxBodyBytes);

            try {
                $response = $output->during(fn (): Response => $this->kernel->handle($message, HttpKernelInterface::MAIN_REQUEST));

                if (false === $content = $response->getContent()) {
                    $output->during(static fn () => $response->sendContent());
                    $content = $output->content;
                }
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

            if (\strlen($content) > $this->maxBodyBytes) {
                throw new ResponseTooLargeException(sprintf('%s answered with more than %d bytes', Uri::withoutQuery($request->url), $this->maxBodyBytes));
            }

            /** @var array<string, list<?string>> $headers */
            $headers = $response->headers->all();

            return new ApiResponse($response->getStatusCode(), array_map(static fn (array $values): array => array_map('strval', $values), $headers), $content, $request->url);
        });
    }

    private function message(#[\SensitiveParameter] ApiRequest $request): Request
    {
        $server = [
            'REMOTE_ADDR' => $request->clientAddress ?? '127.0.0.1',
            'SCRIPT_NAME' => $this->baseUri->path.'/index.php',
            'SCRIPT_FILENAME' => 'index.php',
            'SERVER_SOFTWARE' => 'Ferry',
        ];
        $headers = $request->headers();
        // The address is that of the client itself: no proxy is between.
        unset($headers['x-forwarded-for'], $headers['forwarded'], $headers['proxy']);

        foreach ($headers as $name => $values) {
            $name = strtoupper(strtr($name, '-', '_'));
            $server[\in_array($name, ['CONTENT_TYPE', 'CONTENT_LENGTH'], true) ? $name : 'HTTP_'.$name] = implode('COOKIE' === $name ? '; ' : ', ', $values);
        }

        $fields = [];

        if (str_starts_with($server['CONTENT_TYPE'] ?? '', 'application/x-www-form-urlencoded')) {
            parse_str($request->body(), $fields);
        }

        $server += ['CONTENT_TYPE' => '', 'HTTP_ACCEPT_LANGUAGE' => '', 'HTTP_ACCEPT_CHARSET' => ''];
        $message = Request::create($request->url, $request->method, [], self::cookies($server['HTTP_COOKIE'] ?? ''), [], $server, $request->body());
        $message->request->replace($fields);
        // One of the framework's own would start PHP's session in a process that has printed something already.
        $message->setSession($this->sessions?->read($message) ?? new Session(new MockArraySessionStorage()));

        return $message;
    }

    /**
     * @return array<string, mixed> as in $_COOKIE
     */
    private static function cookies(#[\SensitiveParameter] string $header): array
    {
        parse_str(str_replace(['&', '+', '; ', ';'], ['%26', '%2B', '&', '&'], $header), $cookies);

        return $cookies;
    }
}
