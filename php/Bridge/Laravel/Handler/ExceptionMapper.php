<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Handler;

use Ferry\Handler\ErrorFrame;
use Ferry\Handler\ExceptionMapperInterface;
use Illuminate\Auth\Access\AuthorizationException;
use Illuminate\Auth\AuthenticationException;
use Illuminate\Database\RecordsNotFoundException;
use Illuminate\Validation\ValidationException;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;

/**
 * What Laravel answers a request with a 4xx, a message is answered with an error frame.
 */
final class ExceptionMapper implements ExceptionMapperInterface
{
    public function map(\Throwable $error): ?ErrorFrame
    {
        return match (true) {
            $error instanceof ValidationException => new ErrorFrame(ErrorFrame::INVALID_MESSAGE, 'The given data was invalid.', self::violations($error)),
            $error instanceof AuthenticationException => new ErrorFrame(ErrorFrame::UNAUTHENTICATED, $error->getMessage()),
            $error instanceof AuthorizationException => new ErrorFrame(ErrorFrame::ACCESS_DENIED, $error->getMessage()),
            // The message of the exception names the model's class.
            $error instanceof RecordsNotFoundException => new ErrorFrame(ErrorFrame::INVALID_MESSAGE, 'What the message is about does not exist.'),
            $error instanceof HttpExceptionInterface => self::ofStatus($error->getStatusCode(), $error->getMessage()),
            default => null,
        };
    }

    private static function ofStatus(int $status, string $message): ?ErrorFrame
    {
        if ($status < 400 || $status >= 500) {
            return null;
        }

        return match ($status) {
            401 => new ErrorFrame(ErrorFrame::UNAUTHENTICATED, '' === $message ? 'Unauthenticated.' : $message),
            403 => new ErrorFrame(ErrorFrame::ACCESS_DENIED, '' === $message ? 'This action is unauthorized.' : $message),
            429 => new ErrorFrame(ErrorFrame::TOO_MANY_MESSAGES, '' === $message ? 'Too many messages.' : $message),
            default => new ErrorFrame(ErrorFrame::INVALID_MESSAGE, '' === $message ? 'The message cannot be handled.' : $message),
        };
    }

    /**
     * @return list<array{path: string, message: string}>
     */
    private static function violations(ValidationException $error): array
    {
        $violations = [];

        foreach ($error->errors() as $path => $messages) {
            foreach ((array) $messages as $message) {
                $violations[] = ['path' => (string) $path, 'message' => (string) $message];
            }
        }

        return $violations;
    }
}
