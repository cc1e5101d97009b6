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
use Ferry\Exception\InvalidArgumentException;

/**
 * Blocks the thread while it waits, and needs nothing but PHP: one connection per request.
 */
final class StreamTransport implements TransportInterface
{
    public const MAX_BODY_BYTES = 8 * 1024 * 1024;
    private const TIMEOUT = 30.0;

    /**
     * @param array<string, mixed> $tls options of PHP's stream context "ssl", such as cafile
     */
    public function __construct(private readonly int $maxBodyBytes = self::MAX_BODY_BYTES, private readonly array $tls = [])
    {
    }

    public function send(Request $request): Response
    {
        $timeout = $request->timeout ?? self::TIMEOUT;
        $deadline = microtime(true) + $timeout;
        $stream = $this->open($request, $timeout, $deadline);

        try {
            /** @var list<string> $lines */
            $lines = stream_get_meta_data($stream)['wrapper_data'];
            [$status, $headers] = self::head($lines);
            $length = $headers['content-length'][0] ?? null;
            $body = \in_array($status, [204, 304], true) || 'HEAD' === $request->method ? '' : $this->body($stream, $request, $deadline);

            if ('' !== $body && null !== $length && !isset($headers['transfer-encoding']) && \strlen($body) < (int) $length) {
                throw new TransportException(sprintf('%s ended its answer after %d of %d bytes', Uri::withoutQuery($request->url), \strlen($body), (int) $length));
            }

            return new Response($status, $headers, $body, $request->url);
        } finally {
            fclose($stream);
        }
    }

    /**
     * @return resource that has read the head of the answer
     */
    private function open(#[\SensitiveParameter] Request $request, float $timeout, float $deadline)
    {
        $lines = ['Connection: close'];

        foreach ($request->headers() as $name => $values) {
            foreach ($values as $value) {
                $lines[] = $name.': '.$value;
            }
        }

        self::refuseLineBreaks($request, $lines);

        $context = stream_context_create([
            'http' => [
                'method' => $request->method,
                'header' => $lines,
                'content' => $request->body(),
                'protocol_version' => 1.1,
                'ignore_errors' => true,
                'follow_location' => 0,
                'timeout' => $timeout,
            ],
            'ssl' => $this->tls,
        ]);
        $warnings = '';
        set_error_handler(static function (int $level, string $message) use (&$warnings): bool {
            $warnings .= $message."\n";

            return true;
        });

        try {
            $stream = fopen($request->url, 'r', false, $context);
        } finally {
            restore_error_handler();
        }

        if (false !== $stream) {
            return $stream;
        }

        $url = Uri::withoutQuery($request->url);
        // The warning begins with the whole URL.
        $reason = rtrim((string) preg_replace('/^.*?Failed to open stream: /s', '', $warnings));

        if (!str_contains($warnings, 'HTTP request failed!')) {
            throw new ConnectException(sprintf('Cannot connect to %s: %s', $url, $reason));
        }

        throw microtime(true) >= $deadline - 0.01
            ? new TimeoutException(sprintf('%s did not answer within %s s', $url, $timeout))
            : new TransportException(sprintf('%s ended the connection without an answer', $url));
    }

    /**
     * PHP sends these as they are, and checks none of them. Whoever made the request should have.
     *
     * @param list<string> $lines
     *
     * @throws InvalidArgumentException before anything is sent
     */
    private static function refuseLineBreaks(Request $request, #[\SensitiveParameter] array $lines): void
    {
        foreach ([$request->method, $request->url, ...$lines] as $position => $line) {
            if (\strlen($line) !== strcspn($line, "\r\n\0")) {
                throw new InvalidArgumentException(sprintf('The %s of the request to %s must have neither line breaks nor null bytes', ['method', 'URL'][$position] ?? sprintf('header "%s"', preg_replace('/[^\x21-\x7e]/', '?', substr($line, 0, (int) strpos($line, ':')))), preg_replace('/[^\x21-\x7e]/', '?', Uri::withoutQuery($request->url))));
            }
        }
    }

    /**
     * @param resource $stream
     */
    private function body($stream, Request $request, float $deadline): string
    {
        $body = '';

        while (!feof($stream)) {
            $left = $deadline - microtime(true);

            if ($left <= 0) {
                throw new TimeoutException(sprintf('%s did not end its answer in time', Uri::withoutQuery($request->url)));
            }

            stream_set_timeout($stream, (int) $left, (int) (fmod($left, 1) * 1_000_000));
            $body .= fread($stream, 65536);

            if (\strlen($body) > $this->maxBodyBytes) {
                throw new ResponseTooLargeException(sprintf('%s answered with more than %d bytes', Uri::withoutQuery($request->url), $this->maxBodyBytes));
            }
        }

        return $body;
    }

    /**
     * @param list<string> $lines
     *
     * @return array{int, array<string, list<string>>} status and headers
     */
    private static function head(array $lines): array
    {
        $status = 0;
        $headers = [];

        foreach ($lines as $line) {
            if (1 === preg_match('{^HTTP/\d(?:\.\d)? (\d{3})}', $line, $match)) {
                // Those before are of informational answers.
                $status = (int) $match[1];
                $headers = [];
            } else {
                [$name, $value] = explode(':', $line, 2) + [1 => ''];
                $headers[strtolower(trim($name))][] = trim($value);
            }
        }

        return [$status, $headers];
    }
}
