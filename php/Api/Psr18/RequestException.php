<?php

declare(strict_types=1);

namespace Ferry\Api\Psr18;

use Ferry\Api\Exception\ApiException;
use Psr\Http\Client\RequestExceptionInterface;
use Psr\Http\Message\RequestInterface;

/**
 * The request cannot be sent as it is, or its answer cannot be taken.
 */
class RequestException extends ApiException implements RequestExceptionInterface
{
    public function __construct(string $message, #[\SensitiveParameter] private readonly RequestInterface $request, ?\Throwable $previous = null)
    {
        parent::__construct($message, 0, $previous);
    }

    public function getRequest(): RequestInterface
    {
        return $this->request;
    }
}
