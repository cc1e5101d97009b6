<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * Knows exceptions of a framework that are the client's fault, and what to tell the client.
 */
interface ExceptionMapperInterface
{
    /**
     * @return ?ErrorFrame null: a failure of the handler
     */
    public function map(\Throwable $error): ?ErrorFrame;
}
