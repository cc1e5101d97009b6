<?php

declare(strict_types=1);

namespace Ferry\Api\Exception;

use Ferry\Exception\RefusalInterface;
use Ferry\Handler\ErrorFrame;

/**
 * The client's token or session is not good any more: it has expired, or the API answered 401. The connection is being
 * closed. Not the handler's failure, so nothing is logged when it is not caught.
 */
final class TokenExpiredException extends ApiException implements RefusalInterface
{
    public function errorFrame(): ErrorFrame
    {
        return new ErrorFrame(ErrorFrame::UNAUTHENTICATED, $this->getMessage());
    }
}
