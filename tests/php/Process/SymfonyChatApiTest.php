<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use PHPUnit\Framework\TestCase;

/**
 * The example with CHAT_WRITES=api: what comes over the socket is written by the application's own API, as the client.
 */
final class SymfonyChatApiTest extends TestCase
{
    private static string $dataDir;
    private static ?Process $demo = null;
    private static string $socket;

    public static function setUpBeforeClass(): void
    {
        Extension::assertLoaded();
        self::$dataDir = sys_get_temp_dir().'/ferry-chat-'.bin2hex(random_bytes(6));
        self::$demo = new Process([\PHP_BINARY, \dirname(__DIR__, 3).'/examples/symfony-chat/bin/demo'], [
            'HTTP_PORT' => '0',
            'WS_PORT' => '0',
            'APP_DATA_DIR' => self::$dataDir,
            'CHAT_WRITES' => 'api',
            'FERRY_EXTENSION' => Extension::path(),
        ]);
        $http = self::$demo->waitFor('~(http://[\d.:]+\d)~')[1];
        self::$socket = json_decode((string) file_get_contents($http.'/api/config'), true)['websocketUrl'];
    }

    public static function tearDownAfterClass(): void
    {
        // Not killed: it has children to stop.
        self::$demo?->signal(\SIGTERM);
        self::$demo?->waitForExit();
        self::$demo = null;
        exec('rm -rf '.escapeshellarg(self::$dataDir));
    }

    public function testRowsCarryTheRightAuthor(): void
    {
        [$alice, $bob] = [$this->enter('alice'), $this->enter('bob')];

        foreach ([[$alice, 'alice', 'one'], [$bob, 'bob', 'two'], [$alice, 'alice', 'three']] as [$client, $name, $text]) {
            $client->sendJson(['type' => 'message', 'id' => $text, 'data' => ['text' => " $text "]]);
            $client->assertReceivedJson(['type' => 'reply', 'id' => $text, 'data' => ['text' => $text, 'author' => ['username' => $name]]]);

            foreach ([$alice, $bob] as $everybody) {
                $everybody->assertReceivedJson(['type' => 'message', 'room' => 'lobby', 'data' => ['text' => $text, 'author' => ['username' => $name]]]);
            }
        }

        self::assertSame(
            [['one', 'alice'], ['two', 'bob'], ['three', 'alice']],
            (new \PDO('sqlite:'.self::$dataDir.'/chat.sqlite'))->query('SELECT text, username FROM chat_message JOIN chat_user ON chat_user.id = author_id ORDER BY chat_message.id')->fetchAll(\PDO::FETCH_NUM),
        );
    }

    public function testWhatTheApiRefusesIsRefused(): void
    {
        $alice = $this->enter('alice');

        $alice->sendJson(['type' => 'message', 'id' => 1, 'data' => ['text' => ' ']])->assertReceivedJson(['type' => 'error', 'code' => 'invalid_text', 'id' => 1]);
        $alice->sendJson(['type' => 'message', 'id' => 2, 'data' => ['text' => str_repeat('x', 2001)]])->assertReceivedJson(['type' => 'error', 'code' => 'text_too_long', 'id' => 2]);
        $alice->sendJson(['type' => 'message', 'id' => 3, 'data' => ['text' => 'still here']])->assertReceivedJson(['type' => 'reply', 'id' => 3]);
    }

    private function enter(string $username): TestClient
    {
        $encode = static fn (string $data): string => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
        $signed = $encode('{"typ":"JWT","alg":"HS256"}').'.'.$encode(json_encode(['sub' => $username, 'exp' => time() + 60], \JSON_THROW_ON_ERROR));
        $secret = trim((string) file_get_contents(self::$dataDir.'/jwt-secret'));
        $client = TestClient::connect(self::$socket, [], ['bearer', $signed.'.'.$encode(hash_hmac('sha256', $signed, $secret, true))]);
        $client->assertReceivedJson(['type' => 'presence']);

        return $client;
    }
}
