<?php

/*
 * RATCHET_AUTOLOAD=PATH/autoload.php php benches/servers/ratchet.php PORT
 *
 * ReactPHP picks its event loop (ext-ev, ext-event or ext-uv when loaded, else stream_select).
 */

declare(strict_types=1);

use Ratchet\ConnectionInterface;
use Ratchet\Http\HttpServer;
use Ratchet\RFC6455\Messaging\MessageInterface;
use Ratchet\Server\IoServer;
use Ratchet\WebSocket\MessageComponentInterface;
use Ratchet\WebSocket\WsServer;

// Ratchet releases that still run create dynamic properties, which PHP 8.2 reports on stdout.
error_reporting(\E_ALL & ~\E_DEPRECATED);

require getenv('RATCHET_AUTOLOAD');

$handler = new class implements MessageComponentInterface {
    private SplObjectStorage $connections;

    public function __construct()
    {
        $this->connections = new SplObjectStorage();
    }

    public function onOpen(ConnectionInterface $connection): void
    {
        $this->connections->attach($connection);
    }

    public function onMessage(ConnectionInterface $connection, MessageInterface $message): void
    {
        switch ($message->getPayload()[0] ?? '') {
            case 'B':
                foreach ($this->connections as $each) {
                    $each->send($message);
                }
                break;
            case 'S':
                usleep(200_000);
                $connection->send($message);
                break;
            default:
                $connection->send($message);
        }
    }

    public function onClose(ConnectionInterface $connection): void
    {
        $this->connections->detach($connection);
    }

    public function onError(ConnectionInterface $connection, Exception $error): void
    {
        fwrite(\STDERR, $error->getMessage()."\n");
        $connection->close();
    }
};

$port = (int) $argv[1];
$server = IoServer::factory(new HttpServer(new WsServer($handler)), $port, '127.0.0.1');
echo "ws://127.0.0.1:$port\n";
$server->run();
