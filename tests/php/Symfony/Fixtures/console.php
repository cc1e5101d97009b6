<?php

declare(strict_types=1);

use Ferry\Tests\Symfony\Fixtures\DeckHandler;
use Ferry\Tests\Symfony\TestKernel;
use Symfony\Bundle\FrameworkBundle\Console\Application;

// bin/console of an application whose configuration of the bundle is FERRY_TEST_CONFIG, as JSON.

require dirname(__DIR__, 2).'/bootstrap.php';

$kernel = new TestKernel(json_decode((string) getenv('FERRY_TEST_CONFIG'), true, 512, JSON_THROW_ON_ERROR), [DeckHandler::class]);
$application = new Application($kernel);
$application->setAutoExit(false);
$status = $application->run();
$kernel->remove();

exit($status);
