<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Process;

use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\Api\ApiServer;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\Process;
use Illuminate\Filesystem\Filesystem;
use PHPUnit\Framework\TestCase;

/**
 * The example with CHAT_WRITES=api: what comes over the socket is written by the API, as the client.
 */
final class LaravelChatApiTest extends TestCase
{
    private string $dataDir;
    private ?Process $demo = null;
    private string $http;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->dataDir = sys_get_temp_dir().'/ferry-chat-'.bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        // Not killed: it has children to stop.
        $this->demo?->signal(\SIGTERM);
        $this->demo?->waitForExit();
        (new Filesystem())->deleteDirectory($this->dataDir);
    }

    public function testRowsCarryTheRightAuthor(): void
    {
        $this->start();
        [$alice, $bob] = [$this->enter('alice')[0], $this->enter('bob')[0]];

        foreach ([[$alice, 'Alice', 'one'], [$bob, 'Bob', 'two'], [$alice, 'Alice', 'three']] as [$client, $name, $text]) {
            $client->sendJson(['type' => 'message', 'id' => $text, 'data' => ['text' => " $text "]]);
            $client->assertReceivedJson(['type' => 'reply', 'id' => $text, 'data' => ['text' => $text, 'author' => ['name' => $name]]]);

            foreach ([$alice, $bob] as $everybody) {
                $everybody->assertReceivedJson(['type' => 'message', 'room' => 'lobby', 'data' => ['text' => $text, 'author' => ['name' => $name]]]);
            }
        }

        self::assertSame([['one', 'Alice'], ['two', 'Bob'], ['three', 'Alice']], $this->rows());
    }

    public function testAnotherApplicationsApiGetsTheClientsToken(): void
    {
        $api = new ApiServer();
        $this->start(['WS_API_MODE' => 'http', 'WS_API_URL' => $api->url]);
        [$alice, $token] = $this->enter('alice');

        $alice->sendJson(['type' => 'message', 'id' => 1, 'data' => ['text' => 'ahoy']]);
        $alice->assertReceivedJson(['type' => 'reply', 'id' => 1, 'data' => ['method' => 'POST', 'uri' => '/api/messages', 'headers' => ['authorization' => 'Bearer '.$token], 'body' => base64_encode('{"text":"ahoy"}')]]);
        self::assertSame([], $this->rows(), 'nothing is written here');
    }

    /**
     * @param array<string, string> $environment
     */
    private function start(array $environment = []): void
    {
        $this->demo = new Process([\PHP_BINARY, \dirname(__DIR__, 4).'/examples/laravel-chat/bin/demo'], $environment + [
            'HTTP_PORT' => '0',
            'WS_PORT' => '0',
            'APP_DATA_DIR' => $this->dataDir,
            'CHAT_WRITES' => 'api',
            'FERRY_EXTENSION' => Extension::path(),
        ]);
        $this->http = $this->demo->waitFor('~(http://[\d.:]+\d)~')[1];
    }

    /**
     * @return array{TestClient, string} and the token
     */
    private function enter(string $user): array
    {
        $token = $this->request('/api/login', json_encode(['username' => $user, 'password' => $user], \JSON_THROW_ON_ERROR))['token'];
        $client = TestClient::connect($this->request('/api/config')['websocketUrl'], [], ['bearer', $token]);
        $client->assertReceivedJson(['type' => 'presence']);

        return [$client, $token];
    }

    /**
     * @return list<array{string, string}>
     */
    private function rows(): array
    {
        return (new \PDO('sqlite:'.$this->dataDir.'/chat.sqlite'))->query('SELECT text, name FROM messages JOIN users ON users.id = user_id ORDER BY messages.id')->fetchAll(\PDO::FETCH_NUM);
    }

    /**
     * @return array<string, mixed>
     */
    private function request(string $path, ?string $body = null): array
    {
        $context = stream_context_create(['http' => ['method' => null === $body ? 'GET' : 'POST', 'header' => 'Content-Type: application/json', 'content' => $body ?? '', 'timeout' => 20]]);

        return json_decode((string) file_get_contents($this->http.$path, false, $context), true, 512, \JSON_THROW_ON_ERROR);
    }
}
