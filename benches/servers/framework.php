<?php

/*
 * php -d extension=PATH/libferry.so benches/servers/framework.php STAGE [PORT]
 *
 * Echoes every message to its sender, with more of the framework around it from stage to stage:
 *
 * closure        WsServer::onMessage() alone
 * runner         a HandlerInterface in the Runner
 * handler        a method with #[OnMessage] whose arguments are resolved
 * symfony        the same as a service of a Symfony application: the user in the token storage, chores between messages
 * events         somebody listens to MessageReceived and MessageHandled
 * reset          services are reset after each message
 * user           as "events", by a handler that asks for its user
 *
 * FERRY_BENCH_JWT_KEY must be set: all stages verify tokens with it, so that their connections have a user.
 */

declare(strict_types=1);

use Bench\EchoHandler;
use Bench\Kernel;
use Bench\UserHandler;
use Ferry\Connection;
use Ferry\Handler\HandlerDispatcher;
use Ferry\HandlerInterface;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\WsServer;

require dirname(__DIR__, 2).'/tests/php/bootstrap.php';

foreach (['Kernel', 'Listener', 'EchoHandler', 'UserHandler'] as $class) {
    require __DIR__."/symfony/$class.php";
}

$stage = $argv[1] ?? '';
$key = (string) getenv('FERRY_BENCH_JWT_KEY');
$options = ['port' => (int) ($argv[2] ?? 0), 'jwt' => ['algorithms' => ['HS256'], 'key' => $key]];
$announce = new class extends Listener {
    public function started(Runner $runner, string $address): void
    {
        echo $address, "\n";
    }
};

if ('closure' === $stage) {
    $server = new WsServer($options);
    $server->onMessage(static function (Connection $connection, string $data, bool $binary): void {
        $connection->send($data, $binary);
    });
    echo $server->listen(), "\n";
    $server->run();

    return;
}

if ('runner' === $stage) {
    $handler = new class implements HandlerInterface {
        public function onOpen(Connection $connection): void
        {
        }

        public function onMessage(Connection $connection, string $data, bool $binary): void
        {
            $connection->send($data, $binary);
        }

        public function onClose(Connection $connection, int $code, string $reason): void
        {
        }

        public function onError(?Connection $connection, Throwable $error): void
        {
            throw $error;
        }
    };
    (new Runner($handler, $options))->run([], [$announce]);

    return;
}

if ('handler' === $stage) {
    (new Runner(HandlerDispatcher::of([new EchoHandler()]), $options))->run([], [$announce]);

    return;
}

[$reset, $listened] = match ($stage) {
    'symfony' => ['never', false],
    'events', 'user' => ['never', true],
    'reset' => ['message', true],
    default => exit("There is no stage \"$stage\".\n"),
};
// The container is compiled once per stage; whoever sets TMPDIR removes it.
$dir = sys_get_temp_dir().'/ferry-bench-'.$stage;
$kernel = new Kernel('user' === $stage ? UserHandler::class : EchoHandler::class, $key, $reset, $listened, $dir);
$kernel->boot();
$runner = $kernel->getContainer()->get(Runner::class);
assert($runner instanceof Runner);
$runner->run(['port' => $options['port']], [$announce]);
