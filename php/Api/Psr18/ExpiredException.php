<?php

declare(strict_types=1);

namespace Ferry\Api\Psr18;

use Ferry\Exception\RefusalInterface;
use Ferry\Handler\ErrorFrame;

/**
 * TokenExpiredException for those who know PSR-18 only.
 */
final class ExpiredException extends RequestException implements RefusalInterface
{
    public function errorFrame(): ErrorFrame
    {
        return new ErrorFrame(ErrorFrame::UNAUTHENTICATED, $this->getMessage());
    }
}
