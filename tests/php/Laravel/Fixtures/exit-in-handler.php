<?php

declare(strict_types=1);

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Laravel\Auth\ConnectionAuth;
use Ferry\Bridge\Laravel\Handler\AuthScope;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Support\Facades\Auth;

// A handler that calls exit() while its user is the application's. Prints who the user is, then and at the end.
require dirname(__DIR__, 2).'/bootstrap.php';

$app = TestApplication::boot();
$handler = new #[AsWsHandler('/')] class {
    #[OnMessage]
    public function leave(): never
    {
        echo 'in the handler: ', Auth::id() ?? 'nobody', "\n";

        exit(3);
    }
};
$dispatcher = HandlerDispatcher::of([$handler], enclosing: [new AuthScope($app->make(ConnectionAuth::class))]);
$connection = new FakeConnection(identity: new Identity('7'));
$dispatcher->onOpen($connection);
register_shutdown_function(static function (): void {
    echo 'at the end: ', Auth::id() ?? 'nobody', "\n";
});
$dispatcher->onMessage($connection, '{"type":"leave"}', false);
