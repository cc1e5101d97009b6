<?php

declare(strict_types=1);

use Ferry\Command\WsServeCommand;
use Ferry\Runner;
use Ferry\Tests\Fixtures\DoorHandler;
use Symfony\Component\Console\Application;

require dirname(__DIR__).'/bootstrap.php';

$application = new Application();
$command = new WsServeCommand(new Runner(new DoorHandler(), ['port' => 0, 'slow_ms' => 20]));
// add() is gone in Symfony 8, addCommand() is not there before 7.4.
method_exists($application, 'addCommand') ? $application->addCommand($command) : $application->add($command);
$application->run();
