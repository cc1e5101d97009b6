<?php

declare(strict_types=1);

namespace Ferry\Exception;

use Ferry\Handler\ErrorFrame;

/**
 * Answers the client with an error frame. Handlers may throw it: the connection stays, nothing is logged as a failure.
 *
 *     throw RefusedException::invalidMessage('Too long.', [['path' => 'text', 'message' => 'At most 2000 characters.']]);
 *     throw new RefusedException(new ErrorFrame('room_is_full', 'There is no place left.'));
 */
final class RefusedException extends \RuntimeException implements RefusalInterface
{
    public function __construct(private readonly ErrorFrame $frame, ?\Throwable $previous = null)
    {
        parent::__construct($frame->message, 0, $previous);
    }

    public function errorFrame(): ErrorFrame
    {
        return $this->frame;
    }

    /**
     * @param list<array{path: string, message: string}> $violations
     */
    public static function invalidMessage(string $message, array $violations = [], ?\Throwable $previous = null): self
    {
        return new self(new ErrorFrame(ErrorFrame::INVALID_MESSAGE, $message, $violations), $previous);
    }

    public static function unauthenticated(string $message = 'Authentication is required.', ?\Throwable $previous = null): self
    {
        return new self(new ErrorFrame(ErrorFrame::UNAUTHENTICATED, $message), $previous);
    }

    public static function accessDenied(string $message = 'Access denied.', ?\Throwable $previous = null): self
    {
        return new self(new ErrorFrame(ErrorFrame::ACCESS_DENIED, $message), $previous);
    }
}
