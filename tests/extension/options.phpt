--TEST--
Options are checked at once; messages name the option, its value and what is allowed
--FILE--
<?php
require __DIR__ . '/lib/ferry.inc';
$key = str_repeat('k', 32);
$recursive = ['a' => 1];
$recursive['self'] = &$recursive;
$bad = [
    ['prot' => 1], ['port' => '8080'], ['port' => 70000], ['port' => -1], ['host' => 5], ['host' => "a\0b"], ['backlog' => 0], ['backlog' => 70000],
    ['ping_interval' => -1], ['ping_interval' => NAN], ['ping_interval' => 100000], ['ping_interval' => 60, 'idle_timeout' => 60], ['close_timeout' => 0],
    ['io_threads' => 0], ['io_threads' => 65], ['io_threads' => 1.5], ['slow_consumer' => 'wait'], ['max_header_bytes' => 10], ['tcp_nodelay' => 1],
    ['compression' => 'on'], ['compression' => ['level' => 10]], ['compression' => ['server_max_window_bits' => 8]], ['compression' => ['bits' => 9]],
    ['compression' => ['server_context_takeover' => true], 'slow_consumer' => 'drop-oldest'],
    ['allowed_origins' => 'https://a'], ['allowed_origins' => ['nonsense']], ['allowed_ips' => ['10.0.0.0/99']], ['subprotocols' => ['a b']],
    ['unix' => '/tmp/x.sock', 'port' => 1], ['unix' => '/tmp/x.sock', 'reuse_port' => true], ['unix' => '/tmp/x.sock', 'allowed_ips' => ['::1']],
    ['listen' => []], ['listen' => ['8080']], ['listen' => ['localhost:1', ['address' => 'localhost:2', 'mode' => 0600]]], ['listen' => ['a:1'], 'port' => 1],
    ['jwt' => []], ['jwt' => ['algorithms' => ['none'], 'key' => $key]], ['jwt' => ['algorithms' => ['HS256'], 'key' => 'short']],
    ['jwt' => ['algorithms' => ['HS256', 'RS256'], 'key' => $key]], ['jwt' => ['algorithms' => ['HS256']]], ['jwt' => ['algorithms' => ['RS256'], 'key' => 'file:///nothing']],
    ['token' => ['cookie' => 'auth']], ['path' => 'no-slash'], ['jwt' => $recursive], ['host' => $recursive], ['path' => [$recursive]], ['host' => new stdClass], ['unix' => STDIN],
    ['rate_policy' => 'ban'], ['max_messages_per_second' => 1.5], ['drain_batch' => 0], ['metrics' => 1], ['metrics' => ['listen' => 'localhost:1']],
    ['metrics' => ['token' => 'secret']], ['health_timeout' => '5'],
    [5 => 'x'], ['a list'],
];
foreach ($bad as $options) {
    attempt(fn () => new Ferry\WsServer($options));
}
attempt(fn () => (new Ferry\WsServer())->isRunning());
$port = 9000;
$reference = ['port' => &$port];
attempt(fn () => new Ferry\WsServer($reference));
?>
--EXPECTF--
Ferry\Exception\InvalidArgumentException: Option "prot" is unknown; did you mean "port"?
Ferry\Exception\InvalidArgumentException: Option "port" must be an integer from 0 to 65535, "8080" given.
Ferry\Exception\InvalidArgumentException: Option "port" must be an integer from 0 to 65535, 70000 given.
Ferry\Exception\InvalidArgumentException: Option "port" must be an integer from 0 to 65535, -1 given.
Ferry\Exception\InvalidArgumentException: Option "host" must be a non-empty UTF-8 string, 5 given.
Ferry\Exception\InvalidArgumentException: Option "host" must be a non-empty UTF-8 string, "a\0b" given.
Ferry\Exception\InvalidArgumentException: Option "backlog" must be an integer from 1 to 65535, 0 given.
Ferry\Exception\InvalidArgumentException: Option "backlog" must be an integer from 1 to 65535, 70000 given.
Ferry\Exception\InvalidArgumentException: Option "ping_interval" must be 0 (off) or a number of seconds from 0.001 to 86400, -1 given.
Ferry\Exception\InvalidArgumentException: Option "ping_interval" must be 0 (off) or a number of seconds from 0.001 to 86400, NAN given.
Ferry\Exception\InvalidArgumentException: Option "ping_interval" must be 0 (off) or a number of seconds from 0.001 to 86400, 100000 given.
Ferry\Exception\InvalidArgumentException: Option "idle_timeout" must be above "ping_interval" (60) unless one of them is 0 (off), 60 given.
Ferry\Exception\InvalidArgumentException: Option "close_timeout" must be a number of seconds from 0.001 to 86400, 0 given.
Ferry\Exception\InvalidArgumentException: Option "io_threads" must be an integer from 1 to 64, 0 given.
Ferry\Exception\InvalidArgumentException: Option "io_threads" must be an integer from 1 to 64, 65 given.
Ferry\Exception\InvalidArgumentException: Option "io_threads" must be an integer from 1 to 64, 1.5 given.
Ferry\Exception\InvalidArgumentException: Option "slow_consumer" must be "disconnect", "drop-oldest" or "drop-newest", "wait" given.
Ferry\Exception\InvalidArgumentException: Option "max_header_bytes" must be an integer from 1024 to 1048576, 10 given.
Ferry\Exception\InvalidArgumentException: Option "tcp_nodelay" must be a bool, 1 given.
Ferry\Exception\InvalidArgumentException: Option "compression" must be a bool or an array, "on" given.
Ferry\Exception\InvalidArgumentException: Option "compression.level" must be an integer from 1 to 9, 10 given.
Ferry\Exception\InvalidArgumentException: Option "compression.server_max_window_bits" must be an integer from 9 to 15, 8 given.
Ferry\Exception\InvalidArgumentException: Option "compression.bits" is unknown; known are threshold, level, server_context_takeover, client_context_takeover, server_max_window_bits, client_max_window_bits.
Ferry\Exception\InvalidArgumentException: Option "compression.server_context_takeover" needs "slow_consumer" "disconnect": the messages after a dropped one would refer to it.
Ferry\Exception\InvalidArgumentException: Option "allowed_origins" must be a list, each item an origin such as "https://example.org" or "https://*.example.org", "https://a" given.
Ferry\Exception\InvalidArgumentException: Option "allowed_origins[0]" must be an origin such as "https://example.org" or "https://*.example.org", "nonsense" given.
Ferry\Exception\InvalidArgumentException: Option "allowed_ips[0]" must be an IP address or a CIDR network such as "10.0.0.0/8", "10.0.0.0/99" given.
Ferry\Exception\InvalidArgumentException: Option "subprotocols[0]" must be a subprotocol name (RFC 6455 section 4.1) other than "bearer", "a b" given.
Ferry\Exception\InvalidArgumentException: Option "unix" cannot be combined with "port".
Ferry\Exception\InvalidArgumentException: Option "unix" cannot be combined with "reuse_port".
Ferry\Exception\InvalidArgumentException: Option "unix" cannot be combined with "allowed_ips", "denied_ips", "trusted_proxies", "max_connections_per_ip" and "max_handshakes_per_second_per_ip": its clients have no address.
Ferry\Exception\InvalidArgumentException: Option "listen" must be a list of 1 to 64 items, each an address such as "127.0.0.1:8080", "[::1]:8080" or "unix:/run/ferry.sock" or an array with it as "address", an empty array given.
Ferry\Exception\InvalidArgumentException: Option "listen[0]" must be an address such as "127.0.0.1:8080", "[::1]:8080" or "unix:/run/ferry.sock", "8080" given.
Ferry\Exception\InvalidArgumentException: Option "listen[1].mode" must be left out: only Unix sockets have one, 384 given.
Ferry\Exception\InvalidArgumentException: Option "listen" cannot be combined with "port".
Ferry\Exception\InvalidArgumentException: Option "jwt.algorithms" is required: a list of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA.
Ferry\Exception\InvalidArgumentException: Option "jwt.algorithms[0]" must be one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, "none" given.
Ferry\Exception\InvalidArgumentException: Option "jwt.key" must have at least 32 bytes for HS256, 5 bytes given.
Ferry\Exception\InvalidArgumentException: Option "jwt.algorithms[1]" is RS256, which no given key serves: a key serves one family of algorithms.
Ferry\Exception\InvalidArgumentException: Option "jwt.key" is required: a non-empty string, a secret or a PEM public key; or "jwt.keys", an array of kid => key; or "jwt.jwks_url", where the issuer publishes them.
Ferry\Exception\InvalidArgumentException: Option "jwt.key" names the file "/nothing", which cannot be read: No such file or directory (os error 2).
Ferry\Exception\InvalidArgumentException: Option "token.cookie" needs "allowed_origins": browsers send cookies with connections that any page opens.
Ferry\Exception\InvalidArgumentException: Option "path" must be a path that starts with "/", without query, spaces and control characters, "no-slash" given.
Ferry\Exception\InvalidArgumentException: Option "jwt.a" is unknown; known are algorithms, key, keys, jwks_url, jwks_refresh, jwks_ca, issuer, audience, leeway, required_claims, user_claim, roles_claim, required, expired_close_code.
Ferry\Exception\InvalidArgumentException: Option "host" must be a non-empty UTF-8 string, an array given.
Ferry\Exception\InvalidArgumentException: Option "path[0]" must be a path that starts with "/", without query, spaces and control characters, an array given.
Ferry\Exception\InvalidArgumentException: Option "host" must be a non-empty UTF-8 string, object given.
Ferry\Exception\InvalidArgumentException: Option "unix" must be null or a path of at most 103 bytes, resource given.
Ferry\Exception\InvalidArgumentException: Option "rate_policy" must be "close", "drop" or "pause", "ban" given.
Ferry\Exception\InvalidArgumentException: Option "max_messages_per_second" must be an integer from 0 to 16777216, 1.5 given.
Ferry\Exception\InvalidArgumentException: Option "drain_batch" must be an integer from 1 to 16777216, 0 given.
Ferry\Exception\InvalidArgumentException: Option "metrics" must be a bool or an array, 1 given.
Ferry\Exception\InvalidArgumentException: Option "metrics.listen" must be null or an IP address with a port, such as "127.0.0.1:9100", "localhost:1" given.
Ferry\Exception\InvalidArgumentException: Option "metrics.token" must be null or at least 16 visible ASCII characters, a string of 6 bytes given.
Ferry\Exception\InvalidArgumentException: Option "health_timeout" must be 0 (off) or a number of seconds from 0.001 to 86400, "5" given.
Ferry\Exception\InvalidArgumentException: Option "5" is unknown; known are host, port, %s
Ferry\Exception\InvalidArgumentException: Option "0" is unknown; known are host, port, %s
false
Ferry\WsServer
