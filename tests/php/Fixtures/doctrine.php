<?php

declare(strict_types=1);

use Ferry\Bridge\Doctrine\ClearManagers;
use Ferry\Bridge\Doctrine\OpenServices;
use Ferry\Bridge\Doctrine\PingIdleConnections;
use Ferry\Bridge\Doctrine\ReconnectAfterLoss;
use Ferry\Bridge\Doctrine\ResetClosedManagers;
use Ferry\Bridge\Doctrine\RollBackOpenTransactions;
use Ferry\Handler\ArgumentCompiler;
use Ferry\Handler\DescriptorFactory;
use Ferry\Handler\EndpointFactory;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\ObjectContainer;
use Ferry\Handler\Router;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\IdleGarbageCollection;
use Ferry\Hygiene\Retry;
use Ferry\Runner;
use Ferry\Tests\Fixtures\Doctrine\NoteHandler;
use Ferry\Tests\Fixtures\Doctrine\Registry;
use Ferry\Tests\Fixtures\RecordingLogger;

// Serves notes from the database DATABASE_URL, with hygiene as the bundle sets it up. Prints its address.
require dirname(__DIR__).'/bootstrap.php';

$registry = new Registry(getenv('DATABASE_URL') ?: throw new LogicException('DATABASE_URL is not set.'));
$registry->createSchema();
$services = new OpenServices($registry);
$logger = new RecordingLogger();
$housekeeper = new Housekeeper([
    new PingIdleConnections($services, 30.0, $logger),
    new ResetClosedManagers($services),
    new RollBackOpenTransactions($services, $logger),
    new ClearManagers($services),
], [], $logger);
$address = new class extends Runner\Listener {
    public function started(Runner $runner, string $address): void
    {
        echo $address, "\n";
    }
};
$descriptors = DescriptorFactory::describe(NoteHandler::class, NoteHandler::class);
$handlers = new ObjectContainer([NoteHandler::class => new NoteHandler($registry, $logger)]);
$retry = new Retry([new ReconnectAfterLoss($services, 30.0, $logger)]);
$dispatcher = new HandlerDispatcher(new Router($descriptors), $descriptors, new EndpointFactory($handlers, new ArgumentCompiler([]), retry: $retry));
(new Runner($dispatcher, ['port' => 0], [$housekeeper, new IdleGarbageCollection(500), $address]))->run();
