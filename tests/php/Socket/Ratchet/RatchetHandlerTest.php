<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket\Ratchet;

use Ferry\Bridge\Ratchet\RatchetConnection;
use Ferry\Bridge\Ratchet\RatchetHandler;
use Ferry\Runner;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Ratchet\Chat;
use Ferry\Tests\Fixtures\Ratchet\Ratchet;
use PHPUnit\Framework\TestCase;
use Ratchet\ComponentInterface;
use Ratchet\ConnectionInterface;
use Ratchet\MessageComponentInterface;
use Ratchet\RFC6455\Messaging\Frame;
use Ratchet\RFC6455\Messaging\Message;
use Ratchet\RFC6455\Messaging\MessageInterface;
use Ratchet\WebSocket\MessageComponentInterface as WebSocketMessageComponentInterface;
use Ratchet\WebSocket\WsServerInterface;

/**
 * Ratchet's components over real sockets; with the real interfaces where FERRY_RATCHET says so, see Fixtures\Ratchet.
 */
final class RatchetHandlerTest extends TestCase
{
    use WsTestTrait;

    private ComponentInterface $component;

    public static function setUpBeforeClass(): void
    {
        Ratchet::load();
        require_once '/usr/share/php/Nyholm/Psr7/autoload.php';
    }

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    protected function wsHandler(): Runner
    {
        return RatchetHandler::runner($this->component, ['port' => 0], grace: 1.0);
    }

    public function testTheTutorialsChatRunsUnchanged(): void
    {
        $this->component = $chat = new Chat();
        $alice = $this->wsConnect('/chat?name=alice');
        $bob = $this->wsConnect('/chat?name=bob');

        $alice->send('hi');
        self::assertSame('alice: hi', $bob->receive());
        $bob->send('hello');
        self::assertSame('bob: hello', $alice->receive());

        $bob->send('bye');
        $bob->assertClosed(1000);
        $alice->close();
        $this->wsWaitUntil(static fn (): bool => 4 === \count($chat->log), 'both have left');

        self::assertSame(['open alice from 127.0.0.1', 'open bob from 127.0.0.1', 'close bob, 1 left', 'close alice, 0 left'], $chat->log);
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testExceptionsGoToOnErrorAndErrorsBecomeExceptions(): void
    {
        $this->component = $chat = new Chat();
        $this->wsConnect('/?name=a')->send('throw')->assertClosed();
        $this->wsConnect('/?name=b')->send('fail')->assertClosed();
        $this->wsWaitUntil(static fn (): bool => 6 === \count($chat->log), 'both have left');

        self::assertSame(['open a from 127.0.0.1', 'error asked to throw', 'close a, 0 left', 'open b from 127.0.0.1', 'error asked to fail', 'close b, 0 left'], $chat->log);
    }

    public function testConnectionsAreStableAndHaveTheHandshake(): void
    {
        $this->component = new class() implements MessageComponentInterface {
            /** @var list<array<mixed>> */
            public array $seen = [];
            public ?ConnectionInterface $last = null;

            public function onOpen(ConnectionInterface $conn)
            {
                $this->last = $conn;
                $conn->counter = 0;
            }

            public function onMessage(ConnectionInterface $from, $msg)
            {
                ++$from->counter;
                $request = $from->httpRequest;
                $this->seen[] = [$from === $this->last, $from->counter, isset($from->httpRequest), isset($from->missing), $request === $from->httpRequest, $request->getMethod(), (string) $request->getUri(), $request->getHeaderLine('X-Custom')];
                $from->send($from->resourceId)->send('chained');
                $from->httpRequest = null;
            }

            public function onClose(ConnectionInterface $conn)
            {
                throw new \RuntimeException('in close');
            }

            public function onError(ConnectionInterface $conn, \Exception $e)
            {
                $this->seen[] = [$conn === $this->last, $e->getMessage()];
            }
        };
        $client = $this->wsServer()->connect('/a/b?x=1&y[]=2', headers: ['X-Custom' => 'yes']);
        $host = substr($this->wsServer()->address, \strlen('ws://'));
        $client->send('one');
        $id = $client->receive();
        $client->receive();
        $client->close();
        $this->wsWaitUntil(fn (): bool => 2 === \count($this->component->seen), 'the close was handled');

        self::assertMatchesRegularExpression('/^[1-9]\d*$/', $id);
        self::assertSame([true, 1, true, false, true, 'GET', "http://$host/a/b?x=1&y%5B0%5D=2", 'yes'], $this->component->seen[0]);
        self::assertSame([true, 'in close'], $this->component->seen[1]);
        self::assertNotSame($id, $this->wsServer()->connect()->send('x')->receive());
    }

    public function testSubprotocolsAreTheComponents(): void
    {
        $this->component = new class() implements MessageComponentInterface, WsServerInterface {
            public function getSubProtocols()
            {
                return ['wamp', 'mqtt'];
            }

            public function onOpen(ConnectionInterface $conn)
            {
                $conn->send($conn->httpRequest->getHeaderLine('Sec-WebSocket-Protocol'));
            }

            public function onMessage(ConnectionInterface $from, $msg)
            {
            }

            public function onClose(ConnectionInterface $conn)
            {
            }

            public function onError(ConnectionInterface $conn, \Exception $e)
            {
            }
        };

        $client = $this->wsConnect(subprotocols: ['soap', 'mqtt']);
        self::assertSame('mqtt', $client->subprotocol());
        self::assertSame('soap, mqtt', $client->receive());
        $this->assertWsRefused(426, subprotocols: ['soap']);
        $this->assertWsRefused(426);
    }

    public function testAComponentWithoutSubprotocolsRefusesThoseWhoNeedOne(): void
    {
        $this->component = new Chat();

        $this->assertWsRefused(426, subprotocols: ['soap']);
        self::assertNull($this->wsConnect()->subprotocol());
    }

    public function testComponentsOfTheWebSocketNamespaceGetMessageObjects(): void
    {
        $this->component = new class() implements WebSocketMessageComponentInterface {
            public function onOpen(ConnectionInterface $conn)
            {
            }

            public function onMessage(ConnectionInterface $conn, MessageInterface $msg)
            {
                $conn->send(\get_class($msg).' '.$msg->getPayload().($msg->isBinary() ? ' binary' : ' text'));
                $conn->send(new Frame("\xff\x00", true, Frame::OP_BINARY));
                $conn->send(new Frame('a ping', true, Frame::OP_PING));
                $conn->send(new Frame('a pong', true, Frame::OP_PONG));
                $message = new Message();
                $conn->send($message->addFrame(new Frame('a message')));
                $conn->close(new Frame(pack('n', 4001).'enough', true, Frame::OP_CLOSE));
            }

            public function onClose(ConnectionInterface $conn)
            {
            }

            public function onError(ConnectionInterface $conn, \Exception $e)
            {
            }
        };

        $client = $this->wsConnect()->send('hi', true);

        self::assertSame(Message::class.' hi binary', $client->receive());
        self::assertSame("\xff\x00", $client->receive());
        self::assertSame('a message', $client->receive());
        $client->assertClosed(4001, 'enough');
        self::assertSame([], $this->wsServer()->failures());
    }

    public function testWhatReceivesNoMessagesIsRefused(): void
    {
        $this->expectException(\UnexpectedValueException::class);
        $this->expectExceptionMessage('MessageComponentInterface');

        new RatchetHandler(new class() implements ComponentInterface {
            public function onOpen(ConnectionInterface $conn)
            {
            }

            public function onClose(ConnectionInterface $conn)
            {
            }

            public function onError(ConnectionInterface $conn, \Exception $e)
            {
            }
        });
    }

    public function testNothingOfAConnectionStaysBehind(): void
    {
        $this->component = new Chat();
        $runner = RatchetHandler::runner($this->component);
        $handler = $runner->handler();
        $server = \Ferry\Testing\TestServer::start($runner);
        $server->connect('/?name=a')->send('bye')->assertClosed();
        $server->waitUntil(fn (): bool => 2 === \count($this->component->log), 'the close was handled');

        self::assertSame([], (new \ReflectionProperty(RatchetHandler::class, 'connections'))->getValue($handler));
        $server->stop();
        self::assertTrue(is_subclass_of(RatchetConnection::class, ConnectionInterface::class));
    }
}
