<?php

declare(strict_types=1);

use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;

// The built-in web server serves the files of this folder by itself.
if ('cli-server' === \PHP_SAPI && is_file(__DIR__.parse_url((string) $_SERVER['REQUEST_URI'], \PHP_URL_PATH))) {
    return false;
}

require dirname(__DIR__).'/autoload.php';

$app = require dirname(__DIR__).'/bootstrap/app.php';
$kernel = $app->make(Kernel::class);
$response = $kernel->handle($request = Request::capture())->send();
$kernel->terminate($request, $response);
