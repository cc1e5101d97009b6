<?php

declare(strict_types=1);

namespace Ferry\Api\Psr18;

use Ferry\Api\Exception\ApiException;
use Psr\Http\Client\NetworkExceptionInterface;
use Psr\Http\Message\RequestInterface;

/**
 * There is no answer.
 */
final class NetworkException extends ApiException implements NetworkExceptionInterface
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
