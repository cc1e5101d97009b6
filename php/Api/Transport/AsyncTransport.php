<?php

declare(strict_types=1);

namespace Ferry\Api\Transport;

use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\TimeoutException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Uri;
use Ferry\Exception\ConnectException as NativeConnectException;
use Ferry\Exception\ExtensionMissingException;
use Ferry\Exception\HttpException;
use Ferry\Exception\HttpTimeoutException;
use Ferry\Exception\TooLargeException;
use Ferry\HttpClient;

/**
 * The client of ext-ferry: in a fiber other events are handled while it waits, outside of one the thread waits.
 */
final class AsyncTransport implements TransportInterface
{
    private ?HttpClient $client = null;

    /**
     * @param array<string, mixed> $options of \Ferry\HttpClient, but for its redirections
     */
    public function __construct(private readonly array $options = [])
    {
    }

    public function send(Request $request): Response
    {
        if (!class_exists(HttpClient::class)) {
            throw new ExtensionMissingException('The PHP extension "ferry" is not loaded, and requests that do not block need it. Where no server runs, use the mode "http" or "kernel".');
        }

        $this->client ??= new HttpClient(['max_redirects' => 0] + $this->options);
        $url = Uri::withoutQuery($request->url);

        try {
            $answer = $this->client->request($request->method, $request->url, $request->headers(), $request->body(), null === $request->timeout ? [] : ['timeout' => $request->timeout]);

            return new Response($answer->statusCode(), $answer->headers(), $answer->body(), $request->url);
        } catch (NativeConnectException $e) {
            throw new ConnectException(sprintf('Cannot connect to %s: %s', $url, self::reason($e, $request)));
        } catch (HttpTimeoutException $e) {
            throw new TimeoutException(sprintf('%s did not answer in time: %s', $url, self::reason($e, $request)));
        } catch (TooLargeException $e) {
            throw new ResponseTooLargeException(sprintf('%s answered with too much: %s', $url, self::reason($e, $request)));
        } catch (HttpException $e) {
            throw new TransportException(sprintf('%s did not answer: %s', $url, self::reason($e, $request)));
        }
    }

    private static function reason(\Throwable $e, #[\SensitiveParameter] Request $request): string
    {
        return str_replace($request->url, Uri::withoutQuery($request->url), $e->getMessage());
    }
}
