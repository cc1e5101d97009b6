<?php

declare(strict_types=1);

namespace Ferry\Exception;

use Ferry\Handler\ErrorFrame;

/**
 * A throwable that is the client's fault: it is answered with an error frame and is no failure of the handler.
 */
interface RefusalInterface extends ExceptionInterface
{
    public function errorFrame(): ErrorFrame;
}
