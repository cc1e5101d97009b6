<?php

declare(strict_types=1);

namespace Ferry;

/**
 * What became of a message.
 *
 * ext-ferry declares the same enum; this file is read only where the extension is missing.
 */
enum SendResult
{
    /** Handed to the I/O thread; nothing older waits for this client. */
    case Sent;

    /** Handed over behind bytes that the client has not taken yet. */
    case Queued;

    /** The client is too slow and the slow_consumer policy dropped it. */
    case Dropped;

    /** The connection is closed or closing. */
    case Closed;
}
