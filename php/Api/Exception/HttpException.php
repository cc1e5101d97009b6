<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

use Ferry\Api\Response;

/**
 * The API answered with an error, and the handler asked for the content of a success.
 */
abstract class HttpException extends ApiException
{
    final public function __construct(public readonly Response $response)
    {
        parent::__construct(sprintf('The API answered %s with the status %d', $response->shortUrl(), $response->status), $response->status);
    }

    /** Null for a status below 300. */
    public static function of(Response $response): ?self
    {
        return match (true) {
            $response->status >= 500 => new ServerException($response),
            $response->status >= 400 => new ClientException($response),
            $response->status >= 300 => new RedirectionException($response),
            default => null,
        };
    }
}
