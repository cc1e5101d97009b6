<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Chat\AddressFile;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

/**
 * Tells the page where the socket is. It asks before each connection, so the server may move between two.
 */
final class ConfigController
{
    public function __invoke(Request $request): JsonResponse
    {
        $url = config('ws.public_url') ?: $this->localUrl($request);

        return null === $url
            ? new JsonResponse(['error' => 'The WebSocket server is not running.'], JsonResponse::HTTP_SERVICE_UNAVAILABLE)
            : new JsonResponse(['websocketUrl' => $url]);
    }

    private function localUrl(Request $request): ?string
    {
        $address = @file_get_contents(AddressFile::path());

        // A server on all addresses is reached by the name that reached this page.
        return false === $address ? null : preg_replace('~//(0\.0\.0\.0|\[::\])~', '//'.$request->getHost(), $address).'/ws';
    }
}
