<?php

namespace Ferry\Exception;

/** Everything Ferry throws implements this. */
interface ExceptionInterface extends \Throwable {}

/** An argument or option that is not allowed; the message names it, its value and what is allowed. */
class InvalidArgumentException extends \InvalidArgumentException implements ExceptionInterface {}

/** A call at the wrong moment: poll() before listen(), any method in a forked child, a web SAPI. */
class LogicException extends \LogicException implements ExceptionInterface {}

/** Something outside the program failed: an address in use, an I/O thread that died. */
class RuntimeException extends \RuntimeException implements ExceptionInterface {}

/** A token that does not verify. */
class AuthenticationException extends RuntimeException {}

/** What was awaited did not come in the time given; it goes on. */
class TimeoutException extends RuntimeException {}

/** WsClient could not connect, or its connection is gone. */
class ConnectionException extends RuntimeException {}

/** HttpClient got no answer, and none of the classes below says why better. The request may have been acted on. */
class HttpException extends RuntimeException {}

/** No connection: nothing was sent, so the request may be tried again. */
class ConnectException extends HttpException {}

/** The answer was not complete in time. The request may have been acted on. */
class HttpTimeoutException extends HttpException {}

/** The answer has more bytes than max_body_bytes. */
class TooLargeException extends HttpException {}

/** Too many redirects, or one that leads where no request can go. */
class RedirectException extends HttpException {}
