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
use Symfony\Contracts\HttpClient\Exception\TimeoutExceptionInterface;
use Symfony\Contracts\HttpClient\Exception\TransportExceptionInterface;
use Symfony\Contracts\HttpClient\HttpClientInterface;

/**
 * Symfony's HttpClient, in the configuration of the application. Blocks the thread while it waits.
 */
final class HttpClientTransport implements TransportInterface
{
    private const NO_CONNECTION = '/could(?:n.t| not) (?:connect|resolve)|failed to connect|connection refused|getaddrinfo/i';

    public function __construct(private readonly HttpClientInterface $client, private readonly int $maxBodyBytes = StreamTransport::MAX_BODY_BYTES)
    {
    }

    public function send(Request $request): Response
    {
        $connected = false;
        $tooLarge = false;
        $options = [
            'headers' => $request->headers(),
            'max_redirects' => 0,
            'buffer' => true,
            'on_progress' => function (int $read, int $total, array $info) use (&$connected, &$tooLarge): void {
                $connected = $connected || ($info['pretransfer_time'] ?? 0) > 0 || $read > 0;

                if ($read > $this->maxBodyBytes || $total > $this->maxBodyBytes) {
                    $tooLarge = true;

                    throw new \OverflowException('Too large');
                }
            },
        ];

        if (null !== $request->timeout) {
            $options += ['timeout' => $request->timeout, 'max_duration' => $request->timeout];
        }

        if ('' !== $request->body()) {
            $options['body'] = $request->body();
        }

        $url = Uri::withoutQuery($request->url);
        $response = null;

        try {
            $response = $this->client->request($request->method, $request->url, $options);
            $status = $response->getStatusCode();

            return new Response($status, $response->getHeaders(false), $response->getContent(false), $request->url);
        } catch (TransportExceptionInterface $e) {
            $response?->cancel();
            $info = $response?->getInfo() ?? [];
            // Newer versions of curl tell a time before the transfer also of connections that failed.
            $sent = 1 !== preg_match(self::NO_CONNECTION, $e->getMessage()) && ($connected || ($info['pretransfer_time'] ?? 0) > 0 || ($info['http_code'] ?? 0) > 0);

            throw match (true) {
                $tooLarge => new ResponseTooLargeException(sprintf('%s answered with more than %d bytes', $url, $this->maxBodyBytes)),
                $sent && ($e instanceof TimeoutExceptionInterface || 1 === preg_match('/time(?:d )?out|max duration/i', $e->getMessage())) => new TimeoutException(sprintf('%s did not answer within %s s', $url, $request->timeout ?? 'the configured')),
                $sent => new TransportException(sprintf('%s did not answer: %s', $url, self::reason($e, $request))),
                default => new ConnectException(sprintf('Cannot connect to %s: %s', $url, self::reason($e, $request))),
            };
        }
    }

    private static function reason(\Throwable $e, #[\SensitiveParameter] Request $request): string
    {
        return str_replace($request->url, Uri::withoutQuery($request->url), $e->getMessage());
    }
}
