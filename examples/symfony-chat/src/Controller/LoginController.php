<?php

declare(strict_types=1);

namespace App\Controller;

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Response;

/**
 * Only reached with what the firewall's json_login does not take for a login.
 */
final class LoginController
{
    public function __invoke(): Response
    {
        return new JsonResponse(['error' => 'Send {"username": ..., "password": ...} as application/json.'], Response::HTTP_UNSUPPORTED_MEDIA_TYPE);
    }
}
