--TEST--
A signal handler that the script installs while run() runs stays after it
--SKIPIF--
<?php if (!extension_loaded('posix') || !extension_loaded('pcntl')) die('skip needs posix and pcntl'); ?>
--EXTENSIONS--
posix
pcntl
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
pcntl_async_signals(true);
$server = server();
$server->after(0.001, function () use ($server) {
    pcntl_signal(SIGTERM, function () { echo "mine\n"; });
    $server->stop();
});
$server->run();
posix_kill(posix_getpid(), SIGTERM);
echo "alive\n";
// Handlers of an earlier time are back as they were.
pcntl_signal(SIGTERM, SIG_DFL);
pcntl_signal(SIGINT, SIG_IGN);
$server->after(0.001, function () use ($server) { posix_kill(posix_getpid(), SIGINT); $server->after(0.01, fn () => $server->stop()); });
$server->run();
posix_kill(posix_getpid(), SIGINT);
echo "ignored\n";
?>
--EXPECT--
mine
alive
ignored
