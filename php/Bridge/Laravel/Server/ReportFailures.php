<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Server;

use Ferry\Runner;
use Ferry\Runner\Listener;
use Illuminate\Contracts\Debug\ExceptionHandler;

/**
 * Tells the application's exception handler what a handler has thrown, as the queue worker does.
 */
final class ReportFailures extends Listener
{
    public function __construct(private readonly ExceptionHandler $handler)
    {
    }

    public function failed(Runner $runner, \Throwable $error): void
    {
        $this->handler->report($error);
    }
}
