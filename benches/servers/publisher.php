<?php

/*
 * php benches/servers/publisher.php SOCKET SECRET DATA: publishes to "room" as lines on the standard input say.
 *
 * batch N                 N events in one batch; prints how many connections got them, summed
 * run SECONDS N           batches of N without a pause; prints how many events the server has accepted
 * pace SECONDS PER_SECOND single events at that rate, each with the time it was published; prints how many
 */

declare(strict_types=1);

use Ferry\Publish\Publication;
use Ferry\Publish\PublisherFactory;

spl_autoload_register(static function (string $class): void {
    $file = dirname(__DIR__, 2).'/php/'.strtr(substr($class, strlen('Ferry\\')), '\\', '/').'.php';
    if (str_starts_with($class, 'Ferry\\') && is_file($file)) {
        require $file;
    }
});

[, $socket, $secret, $data] = $argv;
$publisher = (new PublisherFactory())->create('unix://'.$socket, $secret, 30.0);

while (false !== $line = fgets(STDIN)) {
    [$what, $first, $second] = explode(' ', trim($line)) + [2 => '0'];
    $done = 0;
    $end = hrtime(true) + (int) ((float) $first * 1e9);

    if ('batch' === $what) {
        $done = array_sum($publisher->publishAll(array_fill(0, (int) $first, Publication::toRooms('room', 'e', $data))));
    } elseif ('run' === $what) {
        $batch = array_fill(0, (int) $second, Publication::toRooms('room', 'e', $data));
        while (hrtime(true) < $end) {
            $done += count($publisher->publishAll($batch));
        }
    } else {
        $step = (int) (1e9 / (int) $second);
        for ($due = hrtime(true); $due < $end; $due += $step) {
            if (($left = $due - hrtime(true)) > 0) {
                time_nanosleep(0, min($left, 999_999_999));
            }
            $publisher->publish('room', 'e', sprintf('%020d', hrtime(true)));
            ++$done;
        }
    }

    echo $done, "\n";
}
