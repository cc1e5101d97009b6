<?php

declare(strict_types=1);

namespace App\Chat;

use Ferry\Exception\RefusalInterface;
use Ferry\Handler\ErrorFrame;

/**
 * What somebody sent is no message. The text is meant for them: the API answers with it, and so does the socket.
 */
final class InvalidMessageException extends \InvalidArgumentException implements RefusalInterface
{
    /**
     * @param string $error a word for programs, as 'invalid_text'
     */
    public function __construct(public readonly string $error, string $message)
    {
        parent::__construct($message);
    }

    public function errorFrame(): ErrorFrame
    {
        return new ErrorFrame($this->error, $this->getMessage());
    }
}
