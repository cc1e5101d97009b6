<?php

declare(strict_types=1);

namespace Ferry\Api\Transport;

use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Psr18\Factories;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Uri;
use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;

/**
 * Any client of PSR-18, in the configuration of the application, which must not follow redirections. It blocks the thread
 * while it waits, as long as it likes: PSR-18 knows no timeouts, and does not tell whether anything was sent before it failed.
 */
final class Psr18Transport implements TransportInterface
{
    private readonly RequestFactoryInterface $requests;
    private readonly StreamFactoryInterface $streams;

    /**
     * @param ?RequestFactoryInterface $requests null: of nyholm/psr7 or guzzlehttp/psr7, whichever is there
     */
    public function __construct(
        private readonly ClientInterface $client,
        ?RequestFactoryInterface $requests = null,
        ?StreamFactoryInterface $streams = null,
        private readonly int $maxBodyBytes = StreamTransport::MAX_BODY_BYTES,
    ) {
        $this->requests = $requests ?? Factories::find();
        $this->streams = $streams ?? Factories::find();
    }

    public function send(Request $request): Response
    {
        $message = $this->requests->createRequest($request->method, $request->url)->withBody($this->streams->createStream($request->body()));
        $url = Uri::withoutQuery($request->url);

        foreach ($request->headers() as $name => $values) {
            $message = $message->withHeader($name, $values);
        }

        try {
            $answer = $this->client->sendRequest($message);
            $body = $answer->getBody();
            $content = '';

            if ($body->isSeekable()) {
                $body->rewind();
            }

            while (!$body->eof() && \strlen($content) <= $this->maxBodyBytes) {
                $content .= $body->read(65536);
            }
        } catch (ClientExceptionInterface|\RuntimeException $e) {
            // Not the previous one: it may hold the request with its token.
            throw new TransportException(sprintf('%s did not answer: %s', $url, str_replace($request->url, $url, $e->getMessage())));
        }

        if (\strlen($content) > $this->maxBodyBytes) {
            throw new ResponseTooLargeException(sprintf('%s answered with more than %d bytes', $url, $this->maxBodyBytes));
        }

        return new Response($answer->getStatusCode(), array_change_key_case(array_map(array_values(...), $answer->getHeaders())), $content, $request->url);
    }
}
