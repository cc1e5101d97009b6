<?php

declare(strict_types=1);

// A program that has nothing of Ferry but the package's PHP: publishes an event to "lobby" and prints a line of JSON: whether
// the extension is loaded, how many connections got the event, who is in the room. Arguments: DSN, secret.

use Ferry\Publish\PublisherFactory;

spl_autoload_register(static function (string $class): void {
    require dirname(__DIR__, 3).'/php/'.strtr(substr($class, strlen('Ferry\\')), '\\', '/').'.php';
});

[, $dsn, $secret] = $argv;
$publisher = (new PublisherFactory())->create($dsn, $secret);

echo json_encode([
    'extension' => extension_loaded('ferry'),
    'delivered' => $publisher->publish('lobby', 'news', ['n' => 1.5, 'text' => 'é/"']),
    'users' => array_column($publisher->connections('lobby'), 'user'),
], \JSON_THROW_ON_ERROR), "\n";
