<?php

namespace Ferry;

/** Counters of one server since listen(), read at one moment. */
final class Stats
{
    public readonly int $connections;
    public readonly int $connectionsTotal;
    /** @var array<string, int> handshakes refused, by reason */
    public readonly array $refused;
    /** @var array<int, int> closed connections by close code */
    public readonly array $closed;
    /**
     * @var array<string, int> limits that live connections met: message_bytes, fragments, message_rate, byte_rate,
     *                         control_rate, outbox, outbox_total, write_timeout, idle_timeout, close_timeout
     */
    public readonly array $limited;
    public readonly int $messagesIn;
    public readonly int $messagesOut;
    public readonly int $bytesIn;
    public readonly int $bytesOut;
    /** Bytes of messages that compression kept off the wire, both ways. */
    public readonly int $bytesSaved;
    /** Events waiting for PHP, and their bytes. */
    public readonly int $inboxEvents;
    public readonly int $inboxBytes;
    /** Memory of what waits for clients, over all connections. */
    public readonly int $outboxBytes;
    /** Messages the slow_consumer policy dropped. */
    public readonly int $dropped;
    /** Events accepted for rooms and users from other processes, and connections that got them. */
    public readonly int $publishes;
    public readonly int $published;
    /** @var array<string, int> requests the control endpoint refused, by reason */
    public readonly array $publishesRefused;
    /** Callbacks that ran longer than slow_ms. */
    public readonly int $slowCallbacks;
    /** Key sets fetched from `jwt.jwks_url`, and fetches that brought none: the last good set stays. */
    public readonly int $jwksRefreshes;
    public readonly int $jwksFailures;
    /** Seconds the callback that runs now has run; 0.0 between callbacks. */
    public readonly float $callbackSeconds;
    /** Seconds since listen(). */
    public readonly float $uptime;
    /** Of the last stop: connections that were closed within the grace, and those that were cut. */
    public readonly int $drained;
    public readonly int $cut;
    /** Callbacks that are suspended now, and how often events had to wait because no fiber was free (max_fibers). */
    public readonly int $fibers;
    public readonly int $fibersExhausted;
    /**
     * @var array{}|array{address: string, connected: bool, connects: int, requests: int, refused: array<string, int>, recovered: int,
     *     gaps: int, queueBytes: int, notTaken: int, failed: int} without the option redis nothing; `address` has no password;
     *     `connects`: times the link was made; `requests`, `refused`: what came over it; `recovered`: events that came while it was
     *     down, read when it was up again; `gaps`: rooms that missed some for good; `queueBytes`: own messages that wait;
     *     `notTaken`: own messages that were refused, as too many waited; `failed`: own messages that Redis refused, lost
     */
    public readonly array $redis;

    private function __construct() {}

    /** @return array<string, mixed> every property by name */
    public function toArray(): array {}
}
