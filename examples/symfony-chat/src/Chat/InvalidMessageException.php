<?php

declare(strict_types=1);

namespace App\Chat;

/**
 * What somebody sent is no message. The text is meant for them.
 */
final class InvalidMessageException extends \InvalidArgumentException
{
    /**
     * @param string $error a word for programs, as 'invalid_text'
     */
    public function __construct(public readonly string $error, string $message)
    {
        parent::__construct($message);
    }
}
