<?php

namespace Ferry;

/**
 * A WebSocket server (RFC 6455) that runs inside this PHP process.
 *
 * Network I/O runs on background threads; every callback runs on the PHP thread, one at a time, inside `run()` or
 * `poll()`. Events of one connection arrive in order: open, its messages, close (exactly once, last). A slow callback
 * delays other callbacks, never the network: accepts, pings and flushes go on.
 *
 * Arguments are taken as they are, with or without strict_types: only an int is converted, where a float belongs.
 *
 * Options (all optional; an unknown name is refused). Times are seconds, 0.001 to 86400; sizes are bytes; 0 switches a time
 * or limit off where it says so.
 *
 * | option | type, default | meaning |
 * |---|---|---|
 * | host | string '127.0.0.1' | address or host name to bind |
 * | port | int 8080 | 0 lets the system choose; `listen()` returns the real one |
 * | unix | ?string null | path of a Unix socket to bind, at most 103 bytes; not together with host, port, reuse_port and the options about client addresses. A file that no server listens on is replaced; the file is removed at the end if it is still this server's |
 * | listen | ?list null | several addresses, 1 to 64, in place of host, port and unix; see below |
 * | tls | ?array null | certificates, see below; null: no TLS |
 * | proxy_protocol | bool false | a load balancer announces each client (PROXY protocol, version 1 or 2) before anything else; needs trusted_proxies except on a Unix socket. Its address counts as the client's; peers that are not trusted and malformed headers are cut |
 * | reuse_port | bool false | SO_REUSEPORT, for several processes on one port; TCP only |
 * | backlog | int 1024 | listen backlog, 1 to 65535 |
 * | path | string or list of strings '' | request paths served; '' or [] serves every path; others get 404 |
 * | health_path | ?string '/healthz' | plain HTTP health check on the same port; null switches it off |
 * | health_timeout | float 30.0 | `health_path` answers 503 once PHP has not come back for this long, from a callback or for events that wait (idle, it may stay away); 0: off |
 * | metrics | bool or array false | counters in Prometheus' text format, see below; true: at /metrics on the same port |
 * | subprotocols | list of strings [] | supported subprotocols in order of preference (RFC 6455 section 4.2.2) |
 * | io_threads | int 1 | network threads, 1 to 64 |
 * | max_connections | int 65536 | above it a connection gets 503 |
 * | max_connections_per_ip | int 0 | 0: no limit; above it 429. IPv6 clients count by their /64 network, of which one client can have all addresses |
 * | handshake_timeout | float 10.0 | time a client has to send its request head |
 * | handshake_callback_timeout | float 5.0 | time `onHandshake` has to answer before the client gets 503 |
 * | max_header_bytes | int 16384 | size of the request head, 1024 to 1048576; above it 431 |
 * | max_handshakes_per_second | int 0 | 0: no limit; above it 503. Health and metrics are not counted |
 * | max_handshakes_per_second_per_ip | int 0 | 0: no limit; above it 429. IPv6 as above |
 * | max_message_bytes | int 1048576 | size of one message after reassembly, and so of one frame; above it close 1009 |
 * | max_fragments | int 1024 | frames per message; above it close 1008 |
 * | max_messages_per_second | int 0 | messages of one connection, with one second's worth at once; above it `rate_policy`; 0: no limit |
 * | max_bytes_per_second | int 0 | their payload bytes after decompression, likewise; a message of more than a second's bytes passes when nothing is owed |
 * | max_control_frames_per_second | int 1000 | pings and pongs of one connection; above it close 1008; 0: no limit |
 * | rate_policy | string 'close' | 'close' (1008), 'drop' (what is too much does not reach PHP) or 'pause' (its socket is not read for a while, so TCP slows the client down) |
 * | inbox_bytes | int 33554432 | undelivered events held for PHP; at the limit sockets are no longer read |
 * | outbox_bytes | int 1048576 | unsent bytes per connection, with 64 for each write that waits; above it `slow_consumer` applies |
 * | outbox_total_bytes | int 1073741824 | the same over all connections, in equal parts for those of each of the `io_threads`; above it `slow_consumer` applies to those that have taken nothing for the longest time, until an eighth is free; counted is what is queued, what malloc keeps beside it is not; 0: no limit |
 * | slow_consumer | string 'disconnect' | 'disconnect' (close 1013), 'drop-oldest' or 'drop-newest' |
 * | compression | bool or array false | permessage-deflate (RFC 7692) with clients that offer it, see below; true: with its defaults |
 * | ping_interval | float 25.0 | keep-alive ping after this long without traffic from the client; 0: off |
 * | idle_timeout | float 60.0 | connection closed (1001) after this long without any frame from it, a pong too: the time to answer a ping is what it has beyond ping_interval, which it must exceed when both are on; 0: off |
 * | close_timeout | float 5.0 | time a client has to answer a close frame |
 * | write_timeout | float 30.0 | time a client has to take any byte of what is queued for it; 0: off |
 * | fibers | bool false | callbacks run in fibers: one that waits (`Ferry\delay()`, `Future::await()`, the HTTP client) lets others go on, see [fibers.md](fibers.md) |
 * | max_fibers | int 1000 | callbacks that may be suspended at once, 1 to 10000; above it events wait, which `Stats::$fibersExhausted` counts |
 * | drain_batch | int 500 | connections that `stop()` closes at a time, in no particular order |
 * | drain_interval | float 0.1 | time between two batches, half more or less at random, and shorter where half the grace would not do; 0: all at once |
 * | tcp_nodelay | bool true | TCP_NODELAY |
 * | slow_ms | int 200 | callbacks that run longer, waits of fibers not counted, are counted and reported; 0: off |
 * | allowed_origins | list of strings [] | exact ('https://example.org') or wildcard subdomain ('https://*.example.org'); empty: any; others get 403 |
 * | allowed_ips, denied_ips | list of CIDR strings [] | client addresses, v4 and v6; denied wins; refused ones get 403 |
 * | trusted_proxies | list of CIDR strings [] | peers whose Forwarded / X-Forwarded-For header is believed |
 * | jwt | ?array null | see below; null: no verification in Rust |
 * | token | array | where the token is looked for, see below |
 * | control | ?array null | see below; null: no control endpoint |
 * | history | ?array null | see below; null: rooms keep nothing |
 * | redis | ?array null | see below; null: the server is alone, and histories end with it |
 *
 * `listen`: each item is an address, 'host:port', '[IPv6]:port' or 'unix:/path', or an array with `address`, `tls` (bool false:
 * this address speaks TLS, with the option `tls`), `proxy_protocol` (bool, by default the option) and, for a Unix socket, `mode`
 * (int, permission bits of the file such as 0660; without it the umask decides). Clients of a Unix socket have no address unless
 * a proxy announces them: the options about client addresses do not concern them. `listen()` returns the first address,
 * `addresses()` all.
 *
 * `tls`: `cert` (string, path of a PEM file: the server's certificate, then the intermediate ones), `key` (string, path of its
 * key: PKCS #8, PKCS #1 or SEC 1, not encrypted), `certificates` (list of arrays with `cert` and `key`: further ones; the client
 * gets the first that is for the name it asks for, SNI, and the first of all without a match), `min_version` (string '1.2', or
 * '1.3'). With host and port, or with unix, the address speaks TLS; with `listen`, those that say so. Files are read at once,
 * and again by `reload()` and, in `run()`, on SIGHUP. ALPN is http/1.1; the handshake counts as part of `handshake_timeout`.
 *
 * `jwt`: `algorithms` (list, required: HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA),
 * `key`, `keys` (array kid => key) or `jwks_url` (string, see below), `issuer` (string or list), `audience` (string or list), `leeway` (int 0, seconds, to
 * 86400), `required_claims` (list ['exp']), `user_claim` (string 'sub'), `roles_claim` (string 'roles'), `required` (bool
 * true: a connection without a token gets 401), `expired_close_code` (int 4401, 3000 to 4999).
 * A key is a secret of at least 32, 48 or 64 bytes for HS256, HS384 or HS512, a PEM public key, or 'file:///path' of either,
 * read once. With `keys` a token's `kid` selects its key; an unknown `kid` is refused, and so is none when there are several
 * keys. A token with an `aud` claim is refused unless `audience` names it. A connection closes with `expired_close_code` at
 * `exp` plus `leeway`.
 *
 * With `jwks_url` the keys are those that the issuer publishes as a JSON Web Key Set: fetched by `listen()`, which waits up to
 * 5 s for them, every `jwks_refresh` seconds (int 300, 10 to 86400), and when a token names an unknown key, at most every 10 s.
 * Tokens are verified with the last good set; failures are counted in `stats()`. The URL is https, or http to this machine;
 * redirects are not followed, a set has at most 256 KiB and 64 keys, a fetch takes at most 10 s. `jwks_ca` (?string null) is
 * a PEM file with the certificate authorities to trust in place of the system's. Only public-key algorithms are possible.
 *
 * `compression`: `threshold` (int 256: messages of fewer bytes are sent as they are), `level` (int 1, to 9: slower and smaller),
 * `server_context_takeover` (bool false: what is sent to a connection may refer to what was sent to it before; needs
 * slow_consumer 'disconnect'), `client_context_takeover` (bool false: the same for what it sends),
 * `server_max_window_bits`, `client_max_window_bits` (int 15, from 9: how far back a message may refer, as a power of two).
 * A broadcast is compressed once for all connections with the same window; with server_context_takeover the next message to
 * one of them refers to nothing before it. `max_message_bytes` bounds a message after inflation too: above it close 1009.
 * Compression keeps no memory per connection unless context is taken over: then up to 10 KiB for what is sent, and up to
 * 1.25 × the client's window (40 KiB with 15 bits) for what it sends, allocated with the first compressed message. A client
 * that cannot be asked for a smaller window keeps no context. Compressors and decompressor are shared, under 3 MiB per I/O
 * thread.
 *
 * `token`: `header` (bool true: Authorization: Bearer), `subprotocol` (bool true: `bearer, <token>`; only `bearer` is
 * echoed), `cookie` (?string null: cookie name, needs allowed_origins), `query` (?string 'token': parameter name).
 *
 * `control`: an endpoint for other processes (docs/publishing.md), served while PHP is busy. `listen` (string, required:
 * 'unix:///run/ferry-control.sock' or '127.0.0.1:8081'; port 0 lets the system choose, see `controlAddress()`), `mode` (int,
 * permission bits of the Unix socket's file, such as 0660; default: the umask's), `secret` (string, required, at least 32
 * bytes: requests are signed with it), `replay_window` (int 30, 1 to 300: seconds that a request's time may differ from the
 * server's clock), `max_body_bytes` (int 1048576, to 67108864; above it 413), `max_messages` (int 1000: messages per
 * request; above it 422), `max_rate` (int 100000: messages per second; above it 429; 0: no limit), `max_connections` (int
 * 64; more wait), `idle_timeout` (float 60.0: between two requests, and for one to arrive).
 *
 * `metrics`: `path` (string '/metrics'), `listen` (?string null: an address of its own such as '127.0.0.1:9100', where health
 * is answered too; null: the server's own listeners), `token` (?string null: at least 16 characters, asked for as
 * `Authorization: Bearer`).
 *
 * `history`: rooms keep the events that are published to them (docs/publishing.md), and clients that were cut off get what they
 * missed. `rooms` (array pattern => array, required: `*` stands for any characters, the first that matches counts; of each room
 * `messages`, int, 1 to 1000000: the last so many; `seconds`, float: none older; one of them or both), `room_bytes` (int
 * 1048576, at least 1024), `total_bytes` (int 67108864, at least 1024: over all rooms; above it the oldest of the largest rooms
 * go).
 *
 * `redis`: what is published reaches every server of the same Redis, and histories survive a restart (docs/publishing.md).
 * `dsn` (string, required: redis://[user:password@]host[:6379][/db], rediss:// for TLS, or redis://[user:password@]/path.sock;
 * with ?prefix=name, and with TLS ca_file, cert_file and key_file: paths of PEM files), `prefix` (string 'ferry', or what the
 * DSN says: stands before all names in Redis), `max_body_bytes` (int 1048576, to 67108864: of what is published at once),
 * `max_messages` (int 1000: of those in one request), `queue_bytes` (int 8388608: what is published here waits so far while
 * Redis is away, and more is refused; 0: nothing waits), `timeout` (float 2.0, seconds: to connect, and for any answer),
 * `expire` (float 86400.0, seconds: the stream of a room whose history has no `seconds` goes after that time without an event).
 */
final class WsServer
{
    /**
     * @param array<string, mixed> $options see the class documentation; validated at once
     *
     * @throws Exception\InvalidArgumentException naming the option, its value and what is allowed
     * @throws Exception\LogicException           under a SAPI other than cli, embed and phpdbg
     */
    public function __construct(array $options = []) {}

    /**
     * Decides about a connection before the upgrade, after the checks that need no PHP.
     *
     * Return true, null or an Identity to accept; false (403) or a status from 400 to 599 to refuse. A throwable refuses
     * with 500. After `handshake_callback_timeout` the client has got 503 and the answer is ignored.
     *
     * @param callable(Handshake): (Identity|bool|int|null) $callback
     */
    public function onHandshake(callable $callback): WsServer {}

    /** @param callable(Connection): void $callback */
    public function onOpen(callable $callback): WsServer {}

    /** @param callable(Connection, string, bool): void $callback connection, payload, whether it is binary */
    public function onMessage(callable $callback): WsServer {}

    /**
     * @param callable(Connection, int, string): void $callback connection, close code (RFC 6455 section 7.4; 1005: none
     *                                                           sent, 1006: connection lost), reason
     */
    public function onClose(callable $callback): WsServer {}

    /**
     * Decides about the identity of a token that `Connection::authenticate()` has verified, before it is taken: false refuses
     * it with an AuthenticationException, and what the callback throws is thrown by authenticate().
     *
     * @param callable(Connection, Identity): ?bool $callback
     */
    public function onAuthenticate(callable $callback): WsServer {}

    /**
     * Receives what another callback threw. Without it, or when it throws itself, the throwable is logged as PHP logs an
     * uncaught one, as a warning, and its connection closes with 1011.
     *
     * @param callable(?Connection, \Throwable): void $callback
     */
    public function onError(callable $callback): WsServer {}

    /**
     * Registers a callback by event name: handshake, open, message, close, error.
     *
     * @throws Exception\InvalidArgumentException for another name
     */
    public function on(string $event, callable $callback): WsServer {}

    /**
     * Binds every address or none and starts the I/O threads; calling it again returns the same address.
     *
     * @return string 'ws://127.0.0.1:8080', 'wss://127.0.0.1:8443' or 'unix:/path'; of several the first
     *
     * @throws Exception\RuntimeException when an address cannot be bound, naming it
     */
    public function listen(): string {}

    /**
     * Reads the files of the option `tls` again, for the connections to come; those that live go on. Does nothing without `tls`.
     *
     * @throws Exception\RuntimeException naming the option and the file that cannot be used; the old ones stay in use
     */
    public function reload(): void {}

    /** @return list<string> every address that is listened on, in the order of the option; [] when the server does not listen */
    public function addresses(): array {}

    /**
     * Waits for events and calls their callbacks: one batch, for loops of your own.
     *
     * @param float $timeout   seconds to wait for the first event; 0 returns at once
     * @param int   $maxEvents 1 to 65536
     *
     * @return int events handled
     *
     * @throws Exception\LogicException   before listen(), or when already polling
     * @throws Exception\RuntimeException when an I/O thread has died
     */
    public function poll(float $timeout = 0.1, int $maxEvents = 256): int {}

    /**
     * Listens and serves until `stop()`, SIGINT or SIGTERM. With `tls`, SIGHUP reads the certificates again; when they cannot
     * be used the old ones stay and `onError` gets the exception. Handlers that the script installed for these signals are
     * left in place and called; a second SIGINT or SIGTERM ends at once.
     */
    public function run(): void {}

    /**
     * Stops accepting, delivers queued events, closes every connection and ends `run()`.
     *
     * Called inside a callback, it takes effect when the callback returns. Outside `run()` it blocks until all
     * connections are closed or the grace is over.
     *
     * @param int    $code   close code sent to clients: 1000 to 1003, 1007 to 1014, 3000 to 4999
     * @param string $reason at most 123 bytes of UTF-8
     * @param float  $grace  seconds, with the option `fibers` half of it for callbacks that are suspended and half for the
     *                       close handshakes; callbacks that are suspended after it are unwound, connections that are still there after it are cut. How many
     *                       were closed and how many cut stands in `stats()`
     */
    public function stop(int $code = 1001, string $reason = '', float $grace = 5.0): void {}

    /** Where the control endpoint listens: '127.0.0.1:8081' or 'unix:/path'; null without one or before listen(). */
    public function controlAddress(): ?string {}

    /** Whether the server listens; false in a forked child, where every other method throws. */
    public function isRunning(): bool {}

    /**
     * A stream that is readable when `poll()` has events, for Revolt, ReactPHP or stream_select(). Do not read from it:
     * call `poll(0)`. Timers do not make it readable; use those of your loop.
     *
     * @return resource
     */
    public function stream(): mixed {}

    /** The room of that name; it exists while it has members. */
    public function room(string $name): Room {}

    public function connection(string $id): ?Connection {}

    /** @return list<Connection> open connections */
    public function connections(): array {}

    /** Number of open connections. */
    public function count(): int {}

    /**
     * Sends one message to every open connection; it is encoded once.
     *
     * @param iterable<Connection|string> $except connections or their ids
     *
     * @return int connections it was handed to
     */
    public function broadcast(string $data, bool $binary = false, iterable $except = []): int {}

    /**
     * Sends `{"type": event, "data": data}` to every connection of a user: those whose identity has that userIdentifier.
     *
     * @param string $event 1 to 255 bytes of UTF-8
     * @param mixed  $data  what json_encode() takes
     *
     * @return int connections of this server it was handed to
     *
     * @throws Exception\RuntimeException when Redis is away and redis.queue_bytes wait for it, or the event is too large for it
     */
    public function publishToUser(string $userIdentifier, string $event, mixed $data = null): int {}

    /**
     * Closes every connection of a user.
     *
     * @param int    $code   as for Connection::close()
     * @param string $reason at most 123 bytes of UTF-8
     *
     * @return int connections of this server that were closed
     *
     * @throws Exception\RuntimeException when Redis is away and redis.queue_bytes wait for it; nothing was closed
     */
    public function disconnectUser(string $userIdentifier, int $code = 4401, string $reason = ''): int {}

    /** Calls back once, after that many seconds, on the PHP thread. */
    public function after(float $seconds, callable $callback): Timer {}

    /** Calls back again and again; intervals that were missed are skipped. */
    public function every(float $seconds, callable $callback): Timer {}

    /**
     * With the option `fibers`: lets state that is kept per event (the token storage, the current connection) follow the
     * callbacks. Both run outside of the callback's fiber, also where PHP code resumes that fiber by itself (Revolt). What they
     * throw goes to `onError`.
     *
     * @param callable(): mixed              $leave a callback was suspended: takes the state away
     * @param callable(mixed $context): void $enter the callback goes on: puts back what `$leave` has returned. A task of
     *                                              `Ferry\async()` begins with the state of the callback that starts it
     */
    public function fiberContext(callable $leave, callable $enter): WsServer {}

    public function stats(): Stats {}
}
