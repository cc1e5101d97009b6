<?php

declare(strict_types=1);

namespace Ferry\Tests\Process;

use Ferry\Exception\ConnectionException;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Ferry\WsClient;
use PHPUnit\Framework\TestCase;

/**
 * The example as a user starts it: bin/demo, HTTP, two people at the socket.
 */
final class SymfonyChatTest extends TestCase
{
    private static ?Process $demo = null;
    private static string $dataDir;
    private static string $http;

    /** @var array<string, string> by username */
    private static array $tokens = [];

    /** @var list<WsClient> closed after each test, so that presence starts empty */
    private array $clients = [];

    public static function setUpBeforeClass(): void
    {
        if (\extension_loaded('ferry')) {
            self::$dataDir = sys_get_temp_dir().'/ferry-chat-'.bin2hex(random_bytes(6));
            self::$demo = self::demo();
            self::$http = self::$demo->waitFor('~(http://[\d.:]+)~')[1];
        }
    }

    public static function tearDownAfterClass(): void
    {
        if (null !== self::$demo) {
            // Not killed: it has children to stop.
            self::$demo->signal(\SIGTERM);
            self::$demo->waitForExit();
            self::$demo = null;
            self::remove(self::$dataDir);
        }
    }

    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    protected function tearDown(): void
    {
        foreach ($this->clients as $client) {
            if (null === $client->closeCode()) {
                $client->close();
            }
        }

        $this->clients = [];
    }

    public function testPageIsServed(): void
    {
        [$status, $page] = self::request('GET', '/');

        self::assertSame(200, $status);
        self::assertStringContainsString('<title>Ferry chat</title>', $page);
        self::assertSame(200, self::request('GET', '/app.js')[0]);
        self::assertSame(200, self::request('GET', '/ferry.js')[0]);
        self::assertStringContainsString('FerryClient', self::request('GET', '/bundles/ferry/client.js')[1]);
        self::assertSame(200, self::request('GET', '/app.css')[0]);
    }

    public function testLoginGivesATokenForTheRightPasswordOnly(): void
    {
        [$status, $body] = self::request('POST', '/api/login', ['username' => 'alice', 'password' => 'alice']);
        $login = json_decode($body, true);
        $claims = json_decode((string) base64_decode(explode('.', $login['token'])[1], true), true);

        self::assertSame(200, $status);
        self::assertSame(['username' => 'alice', 'name' => 'Alice', 'color' => '#c2410c'], $login['user']);
        self::assertSame(['alice', 'Alice', ['ROLE_USER']], [$claims['sub'], $claims['name'], $claims['roles']]);
        self::assertGreaterThan(time(), $claims['exp']);
        self::assertSame(401, self::request('POST', '/api/login', ['username' => 'alice', 'password' => 'bob'])[0]);
        self::assertSame(401, self::request('POST', '/api/login', ['username' => 'mallory', 'password' => 'mallory'])[0]);
    }

    public function testApiNeedsAToken(): void
    {
        self::assertSame(401, self::request('GET', '/api/messages')[0]);
        self::assertSame(401, self::request('GET', '/api/messages', token: self::login('alice').'x')[0]);
        self::assertSame(401, self::request('GET', '/api/messages', token: self::token(['sub' => 'alice', 'exp' => time() - 10]))[0]);
        self::assertSame(401, self::request('GET', '/api/messages', token: self::token(['sub' => 'alice', 'exp' => time() + 60], 'none'))[0]);
        self::assertSame(200, self::request('GET', '/api/messages', token: self::token(['sub' => 'alice', 'exp' => time() + 60]))[0]);
    }

    public function testApiWritesAndListsMessages(): void
    {
        $token = self::login('bob');
        [$status, $body] = self::request('POST', '/api/messages', ['text' => 'by HTTP'], $token);
        $posted = json_decode($body, true);

        self::assertSame(201, $status);
        self::assertSame('bob', $posted['author']['username']);
        self::assertSame([$posted], json_decode(self::request('GET', '/api/messages?limit=1', token: $token)[1], true)['messages']);
        self::assertNotContains($posted, json_decode(self::request('GET', '/api/messages?before='.$posted['id'], token: $token)[1], true)['messages']);
        self::assertSame(422, self::request('POST', '/api/messages', ['text' => ' '], $token)[0]);
    }

    public function testOpenWindowsSeeWhatTheApiWrites(): void
    {
        $alice = $this->enter('alice');
        $posted = json_decode(self::request('POST', '/api/messages', ['text' => 'by HTTP'], self::login('bob'))[1], true);

        $seen = self::next($alice);
        self::assertNotSame('', $seen['offset'] ?? '', 'the room keeps a history');
        unset($seen['offset']);
        self::assertSame(['type' => 'message', 'data' => $posted, 'room' => 'lobby'], $seen);
    }

    public function testSocketRefusesWhatTheApiRefuses(): void
    {
        $bad = [
            'no token' => [],
            'forged' => ['bearer', self::login('alice').'x'],
            'expired' => ['bearer', self::token(['sub' => 'alice', 'exp' => time() - 10])],
            'unsigned' => ['bearer', self::token(['sub' => 'alice', 'exp' => time() + 60], 'none')],
        ];

        foreach ($bad as $name => $subprotocols) {
            try {
                WsClient::connect(self::socketUrl(), [], $subprotocols);
                self::fail($name.' was let in.');
            } catch (ConnectionException $e) {
                self::assertSame(401, $e->getCode(), $name);
            }
        }
    }

    public function testOnlyTheWordBearerIsEchoed(): void
    {
        self::assertSame('bearer', $this->enter('alice')->subprotocol());
    }

    public function testMessageReachesEverybodyAndIsStored(): void
    {
        $alice = $this->enter('alice');
        $bob = $this->enter('bob');
        self::assertSame(['type' => 'joined', 'user' => ['username' => 'bob', 'name' => 'Bob', 'color' => '#0f766e']], self::next($alice));

        $alice->send('{"type":"message","id":"a1","data":{"text":" Ahoy, Bob \u2693 "}}');

        $toBob = self::next($bob);
        self::assertSame($toBob, self::next($alice), 'the sender is in the room, too');
        self::assertSame(['type' => 'reply', 'id' => 'a1', 'data' => $toBob['data']], self::next($alice));
        self::assertSame(['message', 'Ahoy, Bob ⚓'], [$toBob['type'], $toBob['data']['text']]);
        self::assertSame(['username' => 'alice', 'name' => 'Alice', 'color' => '#c2410c'], $toBob['data']['author']);
        self::assertSame([$toBob['data']], json_decode(self::request('GET', '/api/messages?limit=1', token: self::login('bob'))[1], true)['messages']);
    }

    public function testSocketTellsWhatWasWrittenBefore(): void
    {
        $posted = json_decode(self::request('POST', '/api/messages', ['text' => 'written before'], self::login('bob'))[1], true);
        $alice = $this->enter('alice');
        $alice->send('{"type":"history","id":1}');

        $reply = self::next($alice);

        self::assertSame(['reply', 1], [$reply['type'], $reply['id']]);
        self::assertSame($posted, end($reply['data']['messages']));
    }

    public function testWhoWasCutOffGetsWhatHeMissed(): void
    {
        $alice = $this->connect('alice');
        $offset = self::next($alice)['offset'];
        $alice->close();
        $token = self::login('bob');
        $missed = array_map(static fn (string $text): array => json_decode(self::request('POST', '/api/messages', ['text' => $text], $token)[1], true), ['one', 'two']);

        $alice = $this->clients[] = WsClient::connect(self::socketUrl().'?since='.urlencode($offset), [], ['bearer', self::login('alice')]);

        self::assertSame($missed, [self::next($alice)['data'], self::next($alice)['data']]);
        self::assertEquals(['type' => 'resumed', 'room' => 'lobby', 'recovered' => true, 'missed' => 2], array_diff_key(self::next($alice), ['offset' => true]));
        self::assertSame('presence', self::next($alice)['type']);
    }

    public function testSeveralTabsAreOneUser(): void
    {
        $bob = $this->enter('bob');
        $first = $this->enter('alice');
        self::assertSame('joined', self::next($bob)['type']);
        $second = $this->connect('alice');
        self::assertSame('offset', self::next($second)['type']);
        self::assertSame(['bob', 'alice'], array_column(self::next($second)['users'], 'username'));

        $first->close();
        $second->send('{"type":"message","text":"still here"}');
        self::assertSame('still here', self::next($bob)['data']['text'], 'no word of joining or leaving came before');

        $second->close();
        self::assertSame(['left', 'alice'], [($event = self::next($bob))['type'], $event['user']['username']]);
    }

    public function testInvalidMessagesAreAnsweredAndTheConnectionStays(): void
    {
        $alice = $this->enter('alice');
        $invalid = [
            'not json' => 'invalid_json',
            '"a string"' => 'invalid_message',
            '{"text":"no type"}' => 'invalid_message',
            '{"type":"dance"}' => 'unknown_type',
            '{"type":"message"}' => 'invalid_text',
            '{"type":"message","text":"  "}' => 'invalid_text',
            '{"type":"message","text":["x"]}' => 'invalid_text',
            '{"type":"message","text":"'.str_repeat('ü', 2001).'"}' => 'text_too_long',
        ];

        foreach ($invalid as $sent => $code) {
            $alice->send($sent);
            $answer = self::next($alice);
            self::assertSame(['error', $code], [$answer['type'], $answer['code']], $sent);
            self::assertNotSame('', $answer['message']);
        }

        $alice->send("\x00\xff", true);
        self::assertSame('invalid_message', self::next($alice)['code']);

        $alice->send('{"type":"message","text":"'.str_repeat('ü', 2000).'"}');
        self::assertSame('message', self::next($alice)['type']);
    }

    public function testUnknownUserIsTurnedAway(): void
    {
        $nobody = WsClient::connect(self::socketUrl(), [], ['bearer', self::token(['sub' => 'nobody', 'exp' => time() + 60])]);

        self::assertNull($nobody->receive());
        self::assertSame(4401, $nobody->closeCode());
    }

    public function testConnectionClosesWhenItsTokenExpires(): void
    {
        $alice = WsClient::connect(self::socketUrl(), [], ['bearer', self::token(['sub' => 'alice', 'exp' => time() + 2])]);

        do {
            $message = $alice->receive();
        } while (null !== $message);

        self::assertSame(4401, $alice->closeCode());
    }

    public function testLastSeenIsKept(): void
    {
        $database = self::database();
        $database->exec("UPDATE chat_user SET lastSeenAt = '2001-01-01 00:00:00'");

        $alice = $this->enter('alice');
        $seen = $database->query("SELECT lastSeenAt FROM chat_user WHERE username = 'alice'")->fetchColumn();
        self::assertGreaterThan('2020', $seen, 'on entering');

        $database->exec("UPDATE chat_user SET lastSeenAt = '2001-01-01 00:00:00'");
        $alice->send('{"type":"message","text":"me again"}');
        self::assertSame('message', self::next($alice)['type']);
        $seen = $database->query("SELECT lastSeenAt FROM chat_user WHERE username = 'alice'")->fetchColumn();
        self::assertGreaterThan('2020', $seen, 'on writing, by a fresh entity');
    }

    public function testFailureOfTheDatabaseClosesTheEntityManagerButNotTheChat(): void
    {
        $alice = $this->enter('alice');
        $database = self::database();
        $database->exec('ALTER TABLE chat_message RENAME TO elsewhere');

        try {
            $alice->send('{"type":"message","text":"lost"}');
            self::assertSame(['type' => 'error', 'code' => 'internal_error', 'message' => 'Something went wrong on the server.'], self::next($alice));
        } finally {
            $database->exec('ALTER TABLE elsewhere RENAME TO chat_message');
        }

        $alice->send('{"type":"message","text":"found"}');
        self::assertSame('found', self::next($alice)['data']['text']);
    }

    public function testOneInterruptStopsBothServers(): void
    {
        $dataDir = sys_get_temp_dir().'/ferry-chat-'.bin2hex(random_bytes(6));
        $demo = self::demo($dataDir);
        $http = $demo->waitFor('~(http://[\d.:]+)~')[1];
        $socket = json_decode((string) file_get_contents($http.'/api/config'), true)['websocketUrl'];
        $client = WsClient::connect($socket, [], ['bearer', self::token(['sub' => 'alice', 'exp' => time() + 60], dataDir: $dataDir)]);

        $demo->signal(\SIGINT);

        // The client answers the close frame here; until then the server would wait for it, to the end of its grace.
        do {
            $message = $client->receive();
        } while (null !== $message);

        self::assertSame(1001, $client->closeCode());
        self::assertSame(0, $demo->waitForExit(), $demo->output());
        self::assertFalse(@stream_socket_client(str_replace('http://', 'tcp://', $http)), 'the web server is gone');
        self::assertStringContainsString('Server stopped: received SIGTERM.', (string) file_get_contents($dataDir.'/log/ws.log'));
        self::remove($dataDir);
    }

    private static function demo(?string $dataDir = null): Process
    {
        return new Process([\PHP_BINARY, self::example().'/bin/demo'], [
            'HTTP_PORT' => '0',
            'WS_PORT' => '0',
            'APP_DATA_DIR' => $dataDir ?? self::$dataDir,
            'FERRY_EXTENSION' => Extension::path(),
        ]);
    }

    private static function example(): string
    {
        return \dirname(__DIR__, 3).'/examples/symfony-chat';
    }

    /** A connection that has read what a newcomer gets. */
    private function enter(string $username): WsClient
    {
        $client = $this->connect($username);
        self::assertSame('offset', self::next($client)['type']);
        self::assertSame('presence', self::next($client)['type']);

        return $client;
    }

    private function connect(string $username): WsClient
    {
        return $this->clients[] = WsClient::connect(self::socketUrl(), [], ['bearer', self::login($username)]);
    }

    private static function socketUrl(): string
    {
        return json_decode(self::request('GET', '/api/config')[1], true)['websocketUrl'];
    }

    private static function login(string $username): string
    {
        // Once per user: checking a password is slow on purpose.
        return self::$tokens[$username] ??= json_decode(self::request('POST', '/api/login', ['username' => $username, 'password' => $username])[1], true)['token'];
    }

    /**
     * @return array<string, mixed>
     */
    private static function next(WsClient $client): array
    {
        $message = $client->receive();
        self::assertNotNull($message, 'no message came, close code '.var_export($client->closeCode(), true));

        return json_decode($message, true, 512, \JSON_THROW_ON_ERROR);
    }

    /**
     * A token from the application's own secret, or unsigned.
     *
     * @param array<string, mixed> $claims
     */
    private static function token(array $claims, string $algorithm = 'HS256', ?string $dataDir = null): string
    {
        $encode = static fn (string $data): string => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
        $secret = (string) file_get_contents(($dataDir ?? self::$dataDir).'/jwt-secret');
        $signed = $encode(json_encode(['typ' => 'JWT', 'alg' => $algorithm], \JSON_THROW_ON_ERROR)).'.'.$encode(json_encode($claims, \JSON_THROW_ON_ERROR));

        return $signed.'.'.('none' === $algorithm ? '' : $encode(hash_hmac('sha256', $signed, $secret, true)));
    }

    /**
     * @param ?array<string, mixed> $body
     *
     * @return array{int, string} status and body
     */
    private static function request(string $method, string $path, ?array $body = null, ?string $token = null): array
    {
        $headers = ['Content-Type: application/json'];

        if (null !== $token) {
            $headers[] = 'Authorization: Bearer '.$token;
        }

        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => $headers,
            'content' => null === $body ? '' : json_encode($body, \JSON_THROW_ON_ERROR),
            'ignore_errors' => true,
            'timeout' => 10,
        ]]);
        $answer = file_get_contents(self::$http.$path, false, $context);
        self::assertIsString($answer);
        /** @var list<string> $http_response_header */
        self::assertSame(1, preg_match('~^HTTP/\S+ (\d+)~', $http_response_header[0], $match));

        return [(int) $match[1], $answer];
    }

    private static function database(): \PDO
    {
        return new \PDO('sqlite:'.self::$dataDir.'/chat.sqlite');
    }

    private static function remove(string $directory): void
    {
        $files = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($directory, \FilesystemIterator::SKIP_DOTS), \RecursiveIteratorIterator::CHILD_FIRST);

        foreach ($files as $file) {
            \assert($file instanceof \SplFileInfo);
            $file->isDir() ? rmdir($file->getPathname()) : unlink($file->getPathname());
        }

        rmdir($directory);
    }
}
