<?php

/*
 * AMPHP_AUTOLOAD=PATH/autoload.php php benches/servers/amphp.php PORT
 *
 * Revolt picks its event loop (ext-uv, ext-ev or ext-event when loaded, else stream_select).
 */

declare(strict_types=1);

use Amp\Http\Server\DefaultErrorHandler;
use Amp\Http\Server\Request;
use Amp\Http\Server\Response;
use Amp\Http\Server\SocketHttpServer;
use Amp\Websocket\Server\Rfc6455Acceptor;
use Amp\Websocket\Server\Rfc6455ClientFactory;
use Amp\Websocket\Server\Websocket;
use Amp\Websocket\Server\WebsocketClientGateway;
use Amp\Websocket\Server\WebsocketClientHandler;
use Amp\Websocket\Server\WebsocketGateway;
use Amp\Websocket\WebsocketClient;
use Psr\Log\NullLogger;
use Revolt\EventLoop;

require getenv('AMPHP_AUTOLOAD');

$handler = new class(new WebsocketClientGateway()) implements WebsocketClientHandler {
    public function __construct(private readonly WebsocketGateway $gateway)
    {
    }

    public function handleClient(WebsocketClient $client, Request $request, Response $response): void
    {
        $this->gateway->addClient($client);
        while ($message = $client->receive()) {
            $data = $message->buffer();
            switch ($data[0] ?? '') {
                case 'B':
                    $sent = $message->isBinary()
                        ? $this->gateway->broadcastBinary($data)
                        : $this->gateway->broadcastText($data);
                    $sent->ignore();
                    break;
                case 'S':
                    usleep(200_000);
                    $this->reply($client, $data, $message->isBinary());
                    break;
                default:
                    $this->reply($client, $data, $message->isBinary());
            }
        }
    }

    private function reply(WebsocketClient $client, string $data, bool $binary): void
    {
        $binary ? $client->sendBinary($data) : $client->sendText($data);
    }
};

$port = (int) $argv[1];
$logger = new NullLogger();
// The limits per address, in total and on a client's messages per second are lifted: they are what a load runs into.
$server = SocketHttpServer::createForDirectAccess(
    $logger,
    enableCompression: false,
    connectionLimit: 20000,
    connectionLimitPerIp: 20000,
    concurrencyLimit: 20000,
);
$server->expose("127.0.0.1:$port");
$websocket = new Websocket(
    $server,
    $logger,
    new Rfc6455Acceptor(),
    $handler,
    clientFactory: new Rfc6455ClientFactory(rateLimit: null),
);
$server->start($websocket, new DefaultErrorHandler());
echo "ws://127.0.0.1:$port\n";
EventLoop::run();
