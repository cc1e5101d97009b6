<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Process;

use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Illuminate\Filesystem\Filesystem;
use PHPUnit\Framework\TestCase;

/**
 * The example as a user starts it: bin/demo, HTTP, people at the socket. What its page does is in tests/browser.
 */
final class LaravelChatTest extends TestCase
{
    private string $dataDir;
    private Process $demo;
    private string $http;
    private string $socket;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->dataDir = sys_get_temp_dir().'/ferry-chat-'.bin2hex(random_bytes(6));
        $this->demo = new Process([\PHP_BINARY, \dirname(__DIR__, 4).'/examples/laravel-chat/bin/demo'], [
            'HTTP_PORT' => '0',
            'WS_PORT' => '0',
            'APP_DATA_DIR' => $this->dataDir,
            'FERRY_EXTENSION' => Extension::path(),
        ]);
        $this->http = $this->demo->waitFor('~(http://[\d.:]+\d)~')[1];
        $this->socket = $this->request('GET', '/api/config')[1]['websocketUrl'];
    }

    protected function tearDown(): void
    {
        // Not killed: it has children to stop.
        $this->demo->signal(\SIGTERM);
        $this->demo->waitForExit();
        (new Filesystem())->deleteDirectory($this->dataDir);
    }

    public function testTwoPeopleTalkAndTheApiTalksToThem(): void
    {
        self::assertSame(401, $this->request('POST', '/api/login', ['username' => 'alice', 'password' => 'bob'])[0]);
        self::assertSame(401, $this->request('GET', '/api/messages')[0]);
        [$alice, $bob] = [$this->token('alice'), $this->token('bob')];

        $first = $this->enter($alice);
        $second = $this->enter($bob);
        $first->assertReceivedJson(['type' => 'joined', 'user' => ['name' => 'Bob']]);

        $first->sendJson(['type' => 'message', 'id' => 'x', 'data' => ['text' => ' ahoy ']]);
        $written = ['text' => 'ahoy', 'author' => ['name' => 'Alice']];
        $second->assertReceivedJson(['type' => 'message', 'room' => 'lobby', 'data' => $written]);
        $first->assertReceivedJson(['type' => 'message', 'room' => 'lobby', 'data' => $written]);
        $first->assertReceivedJson(['type' => 'reply', 'id' => 'x', 'data' => $written]);
        $first->sendJson(['type' => 'message', 'text' => '   '])->assertReceivedJson(['type' => 'error', 'code' => 'invalid_message']);

        [$status, $posted] = $this->request('POST', '/api/messages', ['text' => 'from the shore'], $bob);
        self::assertSame(201, $status);
        $first->assertReceivedJson(['type' => 'message', 'data' => ['id' => $posted['id'], 'text' => 'from the shore', 'author' => ['name' => 'Bob']]]);

        $first->sendJson(['type' => 'history', 'id' => 1])->assertReceivedJson(['type' => 'reply', 'id' => 1, 'data' => ['messages' => [$written, ['text' => 'from the shore']]]]);

        self::assertSame(['ahoy', 'from the shore'], array_column($this->request('GET', '/api/messages', null, $alice)[1]['messages'], 'text'));
        self::assertSame(['from the shore'], array_column($this->request('GET', '/api/messages?limit=1', null, $alice)[1]['messages'], 'text'));

        $second->close();
        $first->assertReceivedJson(['type' => 'left', 'user' => ['name' => 'Bob']]);
    }

    public function testUserWhoIsGoneIsTurnedAway(): void
    {
        $token = $this->token('bob');
        (new \PDO('sqlite:'.$this->dataDir.'/chat.sqlite'))->exec("DELETE FROM users WHERE username = 'bob'");

        $client = TestClient::connect($this->socket, [], ['bearer', $token]);
        $client->assertReceivedJson(['type' => 'error', 'code' => 'unauthenticated']);
        $client->assertClosed(1008);
    }

    private function enter(string $token): TestClient
    {
        $client = TestClient::connect($this->socket, [], ['bearer', $token]);
        $client->assertReceivedJson(['type' => 'offset', 'room' => 'lobby']);
        $client->assertReceivedJson(['type' => 'presence']);

        return $client;
    }

    private function token(string $user): string
    {
        return $this->request('POST', '/api/login', ['username' => $user, 'password' => $user])[1]['token'];
    }

    /**
     * @param ?array<string, mixed> $body
     *
     * @return array{int, array<string, mixed>} status and body
     */
    private function request(string $method, string $path, ?array $body = null, ?string $token = null): array
    {
        $context = stream_context_create(['http' => [
            'method' => $method,
            'header' => ['Content-Type: application/json', ...(null === $token ? [] : ['Authorization: Bearer '.$token])],
            'content' => null === $body ? '' : json_encode($body, \JSON_THROW_ON_ERROR),
            'ignore_errors' => true,
            'timeout' => 20,
        ]]);
        $answer = file_get_contents($this->http.$path, false, $context);
        self::assertIsString($answer);
        /** @var list<string> $http_response_header */
        self::assertSame(1, preg_match('~^HTTP/\S+ (\d+)~', $http_response_header[0], $match));

        return [(int) $match[1], json_decode($answer, true) ?? []];
    }
}
