<?php

declare(strict_types=1);

namespace Ferry\Api\Transport;

use Ferry\Api\Exception\ApiException;
use Ferry\Api\Request;
use Ferry\Api\Response;

/**
 * Sends one request and waits for its answer. Errors of HTTP are answers, and so are redirections: they are not followed.
 */
interface TransportInterface
{
    /**
     * @throws ApiException when there is no answer; a ConnectException when nothing was sent
     */
    public function send(Request $request): Response;
}
