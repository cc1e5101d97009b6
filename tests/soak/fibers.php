<?php

/**
 * Suspended callbacks and tasks that end in every way, for valgrind: by themselves, at the end of a stop's grace, with the
 * server object, and with an exception under way. Their `finally` blocks throw, return and wait, and destructors throw.
 * Clients and server are one process. Ends with status 0 if every callback has begun, ended and been reported.
 */

use Ferry\Connection;
use Ferry\WsClient;
use Ferry\WsServer;

use function Ferry\async;
use function Ferry\delay;

final class Thrower
{
    public function __destruct()
    {
        throw new DomainException('destructor');
    }
}

final class Counts
{
    public int $begun = 0;
    public int $unwound = 0;
    public int $closed = 0;
    public int $reported = 0;

    public function expect(int $begun, int $unwound, int $closed, int $reported): void
    {
        $expected = compact('begun', 'unwound', 'closed', 'reported');
        if ($expected !== get_object_vars($this)) {
            throw new LogicException(json_encode(['expected' => $expected, 'found' => $this]));
        }
    }
}

function server(Counts $counts, int $mostFibers = 100): WsServer
{
    $server = new WsServer(['port' => 0, 'fibers' => true, 'max_fibers' => $mostFibers]);
    $server->onError(static function (?Connection $connection, Throwable $error) use ($counts): void {
        ++$counts->reported;
    });
    $server->onMessage(static function (Connection $connection, string $does) use ($counts): mixed {
        ++$counts->begun;
        if ('answer' === $does) {
            $argument = new Thrower();
            $sum = async(static function (int $number, Thrower $argument): int {
                delay(0);

                return $number;
            }, 7, $argument);
            unset($argument);
            $connection->send((string) $sum->await());

            return new Thrower();
        }
        $task = 'task' === $does ? async(static fn () => delay(3600)) : null;
        try {
            null === $task ? delay(3600) : $task->await();
        } finally {
            ++$counts->unwound;
            match ($does) {
                'throw' => throw new DomainException($does),
                'wait' => delay(0.001),
                default => null,
            };
            if ('return' === $does) {
                return new Thrower();
            }
        }

        return null;
    });
    $server->onClose(static function () use ($counts): void {
        ++$counts->closed;
        delay(0.001);
    });

    return $server;
}

/**
 * @param list<string> $messages
 *
 * @return list<WsClient>
 */
function clients(WsServer $server, Counts $counts, array $messages): array
{
    $clients = [];
    foreach ($messages as $number => $message) {
        $clients[$number] = WsClient::connect($server->listen());
        $clients[$number]->send($message);
    }
    while ($counts->begun < count($messages)) {
        $server->poll(0.1);
    }

    return $clients;
}

const ENDS = ['throw', 'return', 'wait', 'task', 'nothing'];

function answered(): void
{
    $server = server($counts = new Counts());
    $client = WsClient::connect($server->listen());
    for ($i = 0; $i < 20; ++$i) {
        $client->send('answer');
        if ('7' !== $client->receive(60)) {
            throw new LogicException('no answer');
        }
    }
    $server->stop(grace: 0.1);
    // The answer of each callback and the argument of each task.
    $counts->expect(20, 0, 1, 40);
}

function stopped(): void
{
    $server = server($counts = new Counts(), 2 * count(ENDS));
    $clients = clients($server, $counts, [...ENDS, ...ENDS]);
    $server->stop(grace: 0.1);
    // Those that throw, those that wait, and what those return that return.
    $counts->expect(10, 10, 10, 6);
}

function dropped(): void
{
    $server = server($counts = new Counts());
    $clients = clients($server, $counts, ENDS);
    unset($server);
    $counts->expect(5, 5, 0, 3);
}

function thrown(Counts $counts): void
{
    $server = server($counts);
    $clients = clients($server, $counts, ENDS);
    throw new OutOfBoundsException('on its way');
}

ini_set('display_errors', '0');
ini_set('log_errors', '0');
foreach (range(1, 3) as $_) {
    answered();
    stopped();
    dropped();
    $counts = new Counts();
    try {
        thrown($counts);
        throw new LogicException('not reached');
    } catch (OutOfBoundsException) {
        $counts->expect(5, 5, 0, 3);
    }
    gc_collect_cycles();
}
