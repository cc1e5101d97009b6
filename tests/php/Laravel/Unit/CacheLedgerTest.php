<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Auth\TicketAdmission;
use Ferry\Bridge\Laravel\Auth\CacheLedger;
use Ferry\Bridge\Laravel\Facades\Ws;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Identity;
use Ferry\Testing\FakeHandshake;
use Ferry\Tests\Laravel\Fixtures\Database;
use Ferry\Tests\Laravel\Fixtures\TestApplication;
use Ferry\Tests\Laravel\Fixtures\User;
use Illuminate\Cache\FileStore;
use Illuminate\Cache\Repository;
use Illuminate\Filesystem\Filesystem;
use PHPUnit\Framework\TestCase;

final class CacheLedgerTest extends TestCase
{
    public function testATicketIsTakenOnceAmongProcesses(): void
    {
        $folder = sys_get_temp_dir().'/ferry-cache-'.bin2hex(random_bytes(6));
        $process = static fn (): CacheLedger => new CacheLedger(new Repository(new FileStore(new Filesystem(), $folder)));

        self::assertTrue($process()->take('ab', 10));
        self::assertFalse($process()->take('ab', 10));
        self::assertTrue($process()->take('cd', 10));
        (new Filesystem())->deleteDirectory($folder);
    }

    public function testServersShareTicketsThroughTheApplicationsCache(): void
    {
        $app = TestApplication::boot();
        Database::create($app);
        $handler = new HandlerDescriptor('h', \stdClass::class, null);
        $handshake = new FakeHandshake('/?ticket='.Ws::ticket(User::query()->find(1)));

        self::assertInstanceOf(Identity::class, $app->make(TicketAdmission::class)->admit($handshake, $handler, [], null));
        // As in a process that was started anew.
        $app->forgetInstance(TicketAdmission::class);
        self::assertSame(401, $app->make(TicketAdmission::class)->admit($handshake, $handler, [], null));
    }
}
