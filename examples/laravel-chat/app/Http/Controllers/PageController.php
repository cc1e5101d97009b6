<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Http\Response;

final class PageController
{
    public function __invoke(): Response
    {
        // The socket has a port of its own, so 'self' does not cover it.
        return new Response((string) file_get_contents(resource_path('views/chat.html')), Response::HTTP_OK, [
            'Content-Type' => 'text/html; charset=UTF-8',
            'Content-Security-Policy' => "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
        ]);
    }
}
