<?php

declare(strict_types=1);

namespace App\Controller;

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * Tells the page where the socket is. It asks before each connection, so the server may move between two.
 */
final class ConfigController
{
    /**
     * @param string $addressFile written by \App\WebSocket\AddressFile
     * @param string $publicUrl   for a server behind a proxy; '' without one
     */
    public function __construct(private readonly string $addressFile, private readonly string $publicUrl)
    {
    }

    public function __invoke(Request $request): Response
    {
        $url = '' !== $this->publicUrl ? $this->publicUrl : $this->localUrl($request);

        if (null === $url) {
            return new JsonResponse(['error' => 'The WebSocket server is not running.'], Response::HTTP_SERVICE_UNAVAILABLE);
        }

        return new JsonResponse(['websocketUrl' => $url]);
    }

    private function localUrl(Request $request): ?string
    {
        if (!is_file($this->addressFile)) {
            return null;
        }

        // A server on all addresses is reached by the name that reached this page.
        $address = preg_replace('~//(0\.0\.0\.0|\[::\])~', '//'.$request->getHost(), (string) file_get_contents($this->addressFile));

        return $address.'/ws';
    }
}
