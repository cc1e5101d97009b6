<?php

namespace Ferry;

/** The answer to a request of HttpClient. */
final class HttpResponse
{
    private function __construct() {}

    public function statusCode(): int {}

    /** @return array<string, list<string>> by name in lower case */
    public function headers(): array {}

    /** The values of a field with ", " between, null without one. Set-Cookie is better read from headers(). */
    public function header(string $name): ?string {}

    /**
     * The whole body. Of a response with `stream`: what read() has not given, which is waited for.
     *
     * @throws Exception\TooLargeException more than `max_body_bytes`
     * @throws Exception\HttpException     as request()
     */
    public function body(): string {}

    /** The URL that answered, after redirects, without fragment. */
    public function url(): string {}

    /** "1.0", "1.1" or "2". */
    public function httpVersion(): string {}

    /**
     * The next bytes of the body, as they come. The server is held back while nobody reads. A response that is dropped before its end
     * closes its connection.
     *
     * @param int $max bytes, from 1 to 16,777,216
     *
     * @return string at least one byte; '' at the end
     *
     * @throws Exception\InvalidArgumentException
     * @throws Exception\HttpException            as request()
     * @throws Exception\LogicException           another fiber reads, or this is a forked child
     */
    public function read(int $max = 65536): string {}
}
