<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\ConnectionException;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * A handler with attributes, with the real server and without a framework.
 */
final class HandlersTest extends TestCase
{
    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    public function testItIsServed(): void
    {
        $server = new Process([...Extension::php(), \dirname(__DIR__).'/Fixtures/handlers.php']);
        [, $address] = $server->waitFor('/started (\S+)/');
        $client = WsClient::connect($address.'/chat/a%20b/7?x=1');
        self::assertSame('{"welcome":"a b","page":7}', $client->receive());

        foreach (['{"type":"say","text":"hi","id":1}' => '{"type":"reply","id":1,"data":{"said":"hi","in":"a b"}}', '{"type":"throw"}' => '{"sorry":"asked to throw"}'] as $message => $answer) {
            $client->send($message);
            self::assertSame($answer, $client->receive());
        }

        $client->send('nonsense');
        self::assertSame('invalid_json', json_decode((string) $client->receive())->code);
        $client->send("\0\1", true);
        self::assertSame('{"bytes":2,"binary":true}', $client->receive());

        foreach (['/elsewhere', '/chat/x/not-a-number'] as $path) {
            try {
                WsClient::connect($address.$path);
                self::fail('No handler serves '.$path);
            } catch (ConnectionException $e) {
                self::assertSame(404, $e->getCode());
            }
        }

        $client->close(4000, 'bye');
        $server->signal(\SIGTERM);
        self::assertSame(0, $server->waitForExit());
        self::assertStringContainsString("stopping\n", $server->output());
        self::assertStringContainsString('[["error","asked to throw","throw"],["close",4000,"bye","a b"]]', $server->output());
    }
}
