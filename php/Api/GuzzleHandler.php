<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Api\Exception\ConnectException as ApiConnectException;
use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Exception\ExceptionInterface;
use Ferry\Exception\RefusalInterface;
use GuzzleHttp\Exception\ConnectException;
use GuzzleHttp\Exception\RequestException;
use GuzzleHttp\Promise\Create;
use GuzzleHttp\Promise\Promise;
use GuzzleHttp\Promise\PromiseInterface;
use GuzzleHttp\Psr7\LazyOpenStream;
use GuzzleHttp\Psr7\Response as PsrResponse;
use GuzzleHttp\Psr7\Utils;
use GuzzleHttp\TransferStats;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\StreamInterface;

/**
 * The face of Guzzle, for SDKs and Laravel's Http: new Client(['handler' => HandlerStack::create(new GuzzleHandler($transport))]).
 *
 * In a fiber requests that are not waited for run side by side. Options about the connection itself (cert, verify, ssl_key) are
 * the transport's: to set one here is refused.
 */
final class GuzzleHandler
{
    private const NOT_HERE = ['cert' => null, 'ssl_key' => null, 'verify' => true, 'curl' => null, 'force_ip_resolve' => null];

    public function __construct(private readonly TransportInterface $transport)
    {
    }

    /**
     * @param array<string, mixed> $options of Guzzle
     */
    public function __invoke(#[\SensitiveParameter] RequestInterface $request, array $options): PromiseInterface
    {
        foreach (self::NOT_HERE as $name => $default) {
            if (isset($options[$name]) && $options[$name] !== $default) {
                return Create::rejectionFor(new RequestException(sprintf('The option "%s" is not taken by %s: it belongs to the transport.', $name, self::class), $request));
            }
        }

        if (null === \Fiber::getCurrent() || !\function_exists('Ferry\async')) {
            try {
                return Create::promiseFor($this->send($request, $options));
            } catch (\Throwable $e) {
                return Create::rejectionFor($e);
            }
        }

        $future = \Ferry\async(fn (): ResponseInterface => $this->send($request, $options));
        $promise = new Promise(static function () use (&$promise, $future): void {
            try {
                $promise->resolve($future->await());
            } catch (\Throwable $e) {
                $promise->reject($e);
            }
        });

        return $promise;
    }

    /**
     * @param array<string, mixed> $options
     */
    private function send(#[\SensitiveParameter] RequestInterface $request, array $options): ResponseInterface
    {
        $started = microtime(true);
        $timeout = (float) ($options['timeout'] ?? 0);

        if (($delay = (float) ($options['delay'] ?? 0)) > 0) {
            Pause::for($delay / 1000);
        }

        try {
            $answer = $this->transport->send(new Request(
                $request->getMethod(),
                (string) $request->getUri()->withFragment(''),
                array_diff_key(array_change_key_case($request->getHeaders()), ['host' => true, 'content-length' => true, 'expect' => true]),
                (string) $request->getBody(),
                $timeout > 0 ? $timeout : null,
            ));
        } catch (ApiConnectException|TimeoutException $e) {
            throw new ConnectException($e->getMessage(), $request, previous: $e);
        } catch (ExceptionInterface $e) {
            // What closes the connection goes through as it is.
            throw $e instanceof RefusalInterface ? $e : new RequestException($e->getMessage(), $request, previous: $e);
        }

        $response = new PsrResponse($answer->status, array_diff_key($answer->headers, ['transfer-encoding' => true]), $this->sink($answer->getContent(false), $options['sink'] ?? null));

        if (\is_callable($options['on_headers'] ?? null)) {
            ($options['on_headers'])($response);
        }

        if (\is_callable($options['on_stats'] ?? null)) {
            ($options['on_stats'])(new TransferStats($request, $response, microtime(true) - $started));
        }

        return $response;
    }

    private function sink(string $content, mixed $sink): StreamInterface
    {
        if (null === $sink) {
            return Utils::streamFor($content);
        }

        $stream = \is_string($sink) ? new LazyOpenStream($sink, 'w+') : Utils::streamFor($sink);
        $stream->write($content);
        $stream->isSeekable() && $stream->rewind();

        return $stream;
    }
}
