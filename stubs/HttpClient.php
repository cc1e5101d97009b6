<?php

namespace Ferry;

/**
 * An HTTP client: HTTP/1.1 and HTTP/2, TLS, pooled connections, redirects, proxies.
 *
 * In a fiber a request suspends the fiber, and the thread goes on with other fibers and events; elsewhere it blocks, and serves
 * fibers and servers that nobody polls meanwhile. Answers with a status of 400 and above are answers, no exceptions.
 *
 *     $client = new HttpClient(['base_uri' => 'https://api.example/v1/']);
 *     $response = $client->request('POST', 'messages', ['Content-Type' => 'application/json'], json_encode($message));
 *
 * Objects are made to be kept: each has connections of its own. In a forked child make a new one.
 */
final class HttpClient
{
    /**
     * @param array{
     *     base_uri?: ?string,
     *     headers?: array<string, string|int|list<string|int>>,
     *     user_agent?: ?string,
     *     timeout?: int|float,
     *     idle_timeout?: int|float,
     *     connect_timeout?: int|float,
     *     max_redirects?: int,
     *     max_body_bytes?: int,
     *     max_connections_per_host?: int,
     *     max_pending?: int,
     *     keep_alive?: int|float,
     *     http_version?: ?string,
     *     proxy?: string|false|null,
     *     no_proxy?: ?string,
     *     ca_file?: ?string,
     * } $options
     *  - base_uri: what relative URLs are resolved against, as a browser resolves links: end it with a slash
     *  - headers: of every request that has no such field itself
     *  - user_agent: `Ferry/VERSION`; null sends none
     *  - timeout: seconds (30) from the call to the last byte of the answer, redirects included; 0: no limit
     *  - idle_timeout: seconds (0: no limit) between two pieces of a body
     *  - connect_timeout: seconds (10) for name look-up, connection, proxy and TLS together
     *  - max_redirects: 5; 0: a redirect is the answer
     *  - max_body_bytes: 16 MiB, of a body that is held as a whole
     *  - max_connections_per_host: 256 requests at once to one server; more wait for their turn
     *  - max_pending: 10,000 requests at once, waiting ones included; more are refused
     *  - keep_alive: seconds (30) that an unused connection stays open; 0: none is used twice
     *  - http_version: null (HTTP/2 where TLS agrees on it, else 1.1), "1.1" or "2" (also without TLS)
     *  - proxy: null (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY of the environment, as curl reads them), false (none) or
     *    the URL of a proxy, http or https; https requests go through a tunnel
     *  - no_proxy: with `proxy`, who is asked directly, as in NO_PROXY: "internal.example,10.0.0.0/8"
     *  - ca_file: a PEM file with the roots to trust in place of the system's
     *
     * @throws Exception\InvalidArgumentException for an unknown or bad option, naming it
     */
    public function __construct(#[\SensitiveParameter] array $options = []) {}

    /**
     * Sends a request and waits for the answer: for all of it, or with `stream` for its head.
     *
     * Redirects are followed as RFC 9110 says: 301 and 302 make a POST a GET, 303 makes all but HEAD a GET, 307 and 308 keep method and
     * body. Authorization, Cookie, Proxy-Authorization and Host are not sent to another scheme, host or port, and not again
     * afterwards. A GET, HEAD, PUT, DELETE, OPTIONS or TRACE whose connection was closed while nobody used it is sent again, once.
     *
     * @param string $method  in any case; not CONNECT
     * @param string $url     http or https; relative with a `base_uri`. A user in it becomes Authorization
     * @param array<string, string|int|list<string|int>> $headers values without line breaks; Content-Length is added
     * @param array{timeout?: int|float, idle_timeout?: int|float, max_redirects?: int, max_body_bytes?: int, stream?: bool} $options
     *                        for this request; `stream`: false
     *
     * @throws Exception\InvalidArgumentException for what cannot be sent, naming the argument; nothing was sent
     * @throws Exception\ConnectException         nothing was sent
     * @throws Exception\HttpTimeoutException     `timeout` or `idle_timeout`
     * @throws Exception\TooLargeException        more than `max_body_bytes`
     * @throws Exception\RedirectException        more than `max_redirects`, or a bad target
     * @throws Exception\HttpException            no or half an answer, or `max_pending`
     * @throws Exception\LogicException           in a forked child
     */
    public function request(string $method, string $url, #[\SensitiveParameter] array $headers = [], string $body = '', array $options = []): HttpResponse {}

    /**
     * The same without waiting: the request is on its way when this returns, in a task of its own, as Ferry\async() starts one.
     *
     * @param array<string, string|int|list<string|int>> $headers
     * @param array{timeout?: int|float, idle_timeout?: int|float, max_redirects?: int, max_body_bytes?: int, stream?: bool} $options
     *
     * @return Future of an HttpResponse; its await() throws what request() would have thrown
     *
     * @throws Exception\InvalidArgumentException for what cannot be sent, at once
     * @throws Exception\LogicException           in a forked child
     */
    public function requestAsync(string $method, string $url, #[\SensitiveParameter] array $headers = [], string $body = '', array $options = []): Future {}

    /**
     * Since the object was made: requests, failed, refused (by max_pending), retried, redirected, connections; and pending, right now.
     *
     * @return array{requests: int, failed: int, refused: int, retried: int, redirected: int, connections: int, pending: int}
     */
    public function stats(): array {}
}
