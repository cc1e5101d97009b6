<?php

namespace Ferry;

/**
 * Runs a task in a fiber of its own: at once, until it first waits. It goes on whenever the thread waits or polls.
 *
 * What it throws is thrown where it is awaited. If nobody awaits it, `onError` of the server whose callback has started it
 * hears of it, without a connection; outside of callbacks it is logged. It is ended with the callbacks when that server
 * stops.
 *
 * @param callable $task
 * @param mixed    ...$args its arguments
 *
 * @throws Exception\InvalidArgumentException $task is not callable
 */
function async(callable $task, mixed ...$args): Future {}

/**
 * Waits. In a fiber the fiber is suspended and the thread goes on with other fibers and events; elsewhere the call blocks,
 * and serves fibers and servers that nobody polls meanwhile.
 *
 * @param float $seconds 0 to 31536000; 0 lets others have their turn
 *
 * @throws Exception\InvalidArgumentException for a number out of that range, NAN and INF
 */
function delay(float $seconds): void {}
