<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Process;

use Ferry\Testing\TestClient;
use Ferry\Tests\Fixtures\DatabaseServer;
use Ferry\Tests\Fixtures\Extension;
use Ferry\Tests\Fixtures\MariaDb;
use Ferry\Tests\Fixtures\PostgreSql;
use Ferry\Tests\Fixtures\Process;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use PHPUnit\Framework\TestCase;

/**
 * The database server goes away in the middle of transactions, and comes back.
 */
final class DatabaseRestartTest extends TestCase
{
    protected function setUp(): void
    {
        Extension::assertLoaded();
    }

    public function testRestartOfPostgreSqlLosesNoMessage(): void
    {
        $this->loseNothing(new PostgreSql(), ['driver' => 'pgsql', 'port' => 5432, 'charset' => 'utf8']);
    }

    public function testRestartOfMariaDbLosesNoMessage(): void
    {
        $this->loseNothing(new MariaDb(), ['driver' => 'mysql', 'charset' => 'utf8mb4', 'collation' => 'utf8mb4_general_ci']);
    }

    /**
     * @param array<string, mixed> $connection
     */
    private function loseNothing(DatabaseServer $database, array $connection): void
    {
        $url = parse_url($database->url());
        \assert(\is_array($url));
        parse_str($url['query'] ?? '', $query);
        $connection += ['host' => $query['host'] ?? 'localhost', 'unix_socket' => $query['unix_socket'] ?? null, 'username' => $url['user'] ?? '', 'password' => '', 'database' => trim($url['path'] ?? '', '/'), 'prefix' => ''];
        $folder = TestApplication::folder();
        $server = new Process(
            [...Extension::php(), \dirname(__DIR__).'/Fixtures/app/artisan.php', 'ws:serve', '--no-ansi'],
            ['FERRY_TEST_FOLDER' => $folder, 'FERRY_TEST_CONNECTION' => json_encode($connection, \JSON_THROW_ON_ERROR)],
        );
        $client = TestClient::connect($server->waitFor('~Listening on \[?(ws://[\d.:]+\d)~')[1].'/rooms/deck');
        $client->assertReceivedJson(['type' => 'welcome']);

        $this->log($client, 0, 50);
        $database->restart();
        $this->log($client, 50, 100);

        for ($note = 100; $note < 600; ++$note) {
            $client->sendJson(['type' => 'log', 'text' => (string) $note]);
        }

        $client->assertReceived('logged 100', 30);
        $database->restart(0.3);

        for ($note = 101; $note < 600; ++$note) {
            $client->assertReceived('logged '.$note, 30);
        }

        self::assertSame(600, (int) $database->pdo()->query('SELECT COUNT(*) FROM notes')->fetchColumn());
        self::assertStringContainsString('A database connection was lost', (string) file_get_contents($folder.'/storage/logs/laravel.log'));
    }

    private function log(TestClient $client, int $from, int $to): void
    {
        for ($note = $from; $note < $to; ++$note) {
            $client->sendJson(['type' => 'log', 'text' => (string) $note]);
            $client->assertReceived('logged '.$note, 30);
        }
    }
}
