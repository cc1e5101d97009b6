<?php

declare(strict_types=1);

namespace Ferry\Api;

use Ferry\Api\Exception\TokenExpiredException;
use Ferry\Api\Exception\TransportException;
use Ferry\Api\Psr18\ExpiredException;
use Ferry\Api\Psr18\Factories;
use Ferry\Api\Psr18\NetworkException;
use Ferry\Api\Psr18\RequestException;
use Ferry\Api\Transport\TransportInterface;
use Ferry\Exception\ExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseFactoryInterface;
use Psr\Http\Message\ResponseInterface;
use Psr\Http\Message\StreamFactoryInterface;

/**
 * The face of PSR-18, for SDKs and libraries: other clients are served while they wait.
 *
 *     new Psr18Client(new AsyncTransport())     any host, without credentials
 *     new Psr18Client($api->as($connection))    the application's API, as the client
 */
final class Psr18Client implements ClientInterface
{
    private readonly ResponseFactoryInterface $responses;
    private readonly StreamFactoryInterface $streams;

    /**
     * @param ?ResponseFactoryInterface $responses null: of nyholm/psr7 or guzzlehttp/psr7, whichever is there
     */
    public function __construct(private readonly TransportInterface $transport, ?ResponseFactoryInterface $responses = null, ?StreamFactoryInterface $streams = null)
    {
        $this->responses = $responses ?? Factories::find();
        $this->streams = $streams ?? Factories::find();
    }

    public function sendRequest(#[\SensitiveParameter] RequestInterface $request): ResponseInterface
    {
        try {
            $answer = $this->transport->send(new Request(
                $request->getMethod(),
                (string) $request->getUri()->withFragment(''),
                // Both follow from the rest.
                array_diff_key(array_change_key_case($request->getHeaders()), ['host' => true, 'content-length' => true]),
                (string) $request->getBody(),
            ));
        } catch (TransportException $e) {
            throw new NetworkException($e->getMessage(), $request, $e);
        } catch (TokenExpiredException $e) {
            throw new ExpiredException($e->getMessage(), $request, $e);
        } catch (ExceptionInterface $e) {
            throw new RequestException($e->getMessage(), $request, $e);
        }

        $body = $this->streams->createStream($answer->getContent(false));
        // Some factories leave it at its end.
        $body->rewind();
        $response = $this->responses->createResponse($answer->status)->withBody($body);

        foreach ($answer->headers as $name => $values) {
            // The content is here as it is, in one piece.
            if ('transfer-encoding' !== $name) {
                $response = $response->withHeader($name, $values);
            }
        }

        return $response;
    }
}
