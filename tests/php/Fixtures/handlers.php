<?php

declare(strict_types=1);

// Serves ChatHandler without a framework; says what happens.

use Ferry\Event\LifecycleListener;
use Ferry\Event\ServerStarted;
use Ferry\Event\ServerStopping;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use Symfony\Component\EventDispatcher\EventDispatcher;

require dirname(__DIR__).'/bootstrap.php';

$events = new EventDispatcher();
$events->addListener(ServerStarted::class, static fn (ServerStarted $event) => print "started $event->address\n");
$events->addListener(ServerStopping::class, static fn (ServerStopping $event) => print "stopping\n");
$handler = new ChatHandler();
(new Runner(HandlerDispatcher::of([$handler], events: $events), ['port' => 0], [new LifecycleListener($events)]))->run();
echo json_encode($handler->calls), "\n";
