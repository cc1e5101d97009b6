<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Hygiene\Collectors;
use Ferry\Bridge\Laravel\Hygiene\OpenTransactionWatch;
use Ferry\Bridge\Laravel\Hygiene\PingIdleConnections;
use Ferry\Bridge\Laravel\Hygiene\ReconnectAfterLoss;
use Ferry\Bridge\Laravel\Hygiene\ResetApplication;
use Ferry\Bridge\Laravel\Hygiene\RollBackOpenTransactions;
use Ferry\Tests\Fixtures\RecordingLogger;
use Ferry\Tests\Laravel\Fixtures\DeadPdo;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Illuminate\Foundation\Application;
use Illuminate\Support\Facades\DB;
use Illuminate\Support\Facades\Facade;
use PHPUnit\Framework\TestCase;

final class HygieneTest extends TestCase
{
    private Application $app;
    private RecordingLogger $logger;

    protected function setUp(): void
    {
        $this->app = TestApplication::boot();
        $this->logger = new RecordingLogger();
    }

    public function testConnectionThatWasLostWhileIdleIsOpenedAgain(): void
    {
        $ping = new PingIdleConnections($this->app, 30.0, $this->logger);
        DB::select('select 1');
        $ping->beforeEvent(100.0);
        $dead = new DeadPdo();
        DB::connection()->setPdo($dead);

        $ping->beforeEvent(129.0);
        self::assertSame($dead, DB::connection()->getRawPdo(), 'not asked before it is due');
        self::assertSame([], $this->logger->records);

        $ping->beforeEvent(130.5);
        self::assertNotSame($dead, DB::connection()->getRawPdo());
        self::assertSame(['The database connection "sqlite" was lost while it idled and is opened again.'], $this->logger->messages('info'));
        self::assertSame(1, (int) DB::selectOne('select 1 as one')->one);
    }

    public function testConnectionThatLivesIsLeftAlone(): void
    {
        $ping = new PingIdleConnections($this->app, 30.0, $this->logger);
        DB::select('select 1');
        $pdo = DB::connection()->getRawPdo();

        $ping->beforeEvent(0.0);
        $ping->beforeEvent(31.0);

        self::assertSame($pdo, DB::connection()->getRawPdo());
        self::assertSame([], $this->logger->records);
    }

    public function testNothingIsConnectedToBeAsked(): void
    {
        $ping = new PingIdleConnections($this->app, 0.0, $this->logger);
        $ping->beforeEvent(0.0);
        self::assertFalse($this->app->resolved('db.connection') || [] !== $this->app->make('db')->getConnections());
    }

    public function testHandlerThatWaitsWithItsTransactionOpenIsWarnedOfOnceAMinute(): void
    {
        $watch = new OpenTransactionWatch($this->app, $this->logger);
        DB::connection();
        $watch->suspend();
        self::assertSame([], $this->logger->records);

        DB::beginTransaction();
        $watch->suspend();
        $watch->suspend();
        self::assertSame([['name' => DB::connection()->getName()]], array_column($this->logger->records, 2));
        self::assertSame(1, DB::transactionLevel());
        DB::rollBack();
    }

    public function testLossInsideATransactionIsMendedSoThatTheEventIsHandledAgain(): void
    {
        $recovery = new ReconnectAfterLoss($this->app, 1.0, $this->logger);
        DB::beginTransaction();
        DB::connection()->setPdo($dead = new DeadPdo());

        self::assertTrue($recovery->recover($dead->error()));
        self::assertSame(0, DB::transactionLevel());
        self::assertSame(1, (int) DB::selectOne('select 1 as one')->one);
    }

    public function testOtherFailuresAreNotMended(): void
    {
        DB::select('select 1');
        $recovery = new ReconnectAfterLoss($this->app, 1.0, $this->logger);

        self::assertFalse($recovery->recover(new \DomainException('a bug')));
        self::assertFalse($recovery->recover((new DeadPdo())->error()), 'a loss elsewhere');
    }

    public function testDatabaseThatStaysAwayIsGivenUp(): void
    {
        DB::connection()->setPdo($dead = new DeadPdo());
        $this->app->make('config')->set('database.connections.sqlite.database', '/nonexistent/ferry.sqlite');
        $recovery = new ReconnectAfterLoss($this->app, 0.1, $this->logger);

        self::assertFalse($recovery->recover($dead->error()));
        self::assertStringContainsString('did not come back', implode("\n", $this->logger->messages('error')));
    }

    public function testTransactionOnADeadConnectionIsForgotten(): void
    {
        DB::beginTransaction();
        DB::connection()->setPdo(new DeadPdo());
        // setPdo() sets the level to 0 in some versions: the handler's transaction is open.
        (function (): void { $this->transactions = 1; })->call(DB::connection());

        (new RollBackOpenTransactions($this->app, $this->logger))->afterEvent();

        self::assertSame(0, DB::transactionLevel());
        self::assertSame(1, (int) DB::selectOne('select 1 as one')->one);
    }

    public function testScopedInstancesFacadesAndNamedBindingsAreForgotten(): void
    {
        $this->app->scoped('scoped', static fn (): object => new \stdClass());
        $this->app->singleton('shared', static fn (): object => new \stdClass());
        $this->app->singleton('flushed', static fn (): object => new \stdClass());
        $before = [$this->app->make('scoped'), $this->app->make('shared'), $this->app->make('flushed')];
        DB::connection();

        (new ResetApplication($this->app, ['flushed']))();

        self::assertNotSame($before[0], $this->app->make('scoped'));
        self::assertSame($before[1], $this->app->make('shared'));
        self::assertNotSame($before[2], $this->app->make('flushed'));
        self::assertArrayNotHasKey('db', (fn (): array => self::$resolvedInstance)->bindTo(null, Facade::class)());
    }

    public function testCollectorsAreWarnedOfOnlyWhenActive(): void
    {
        self::assertSame([], Collectors::warnings($this->app));

        $this->app->instance('debugbar', new \stdClass());
        $this->app->make('config')->set('debugbar.enabled', true);
        self::assertStringContainsString('DEBUGBAR_ENABLED=false', Collectors::warnings($this->app)[0]);

        $this->app->make('config')->set('debugbar.enabled', false);
        self::assertSame([], Collectors::warnings($this->app));
    }
}
