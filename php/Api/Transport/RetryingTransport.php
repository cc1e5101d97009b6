<?php

declare(strict_types=1);

namespace Ferry\Api\Transport;

use Ferry\Api\Exception\ConnectException;
use Ferry\Api\Pause;
use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Uri;
use Psr\Log\LoggerInterface;

/**
 * Sends a request again that did not reach the API, if to send it twice does no harm.
 */
final class RetryingTransport implements TransportInterface
{
    private const FIRST_PAUSE = 0.1;

    /** @var \Closure(float): void */
    private readonly \Closure $sleep;

    /**
     * @param int                           $retries after the first attempt, with pauses of 0.1, 0.2, 0.4 ... seconds, more or less at random
     * @param (\Closure(float): void)|null  $sleep   null: other fibers go on in a fiber, outside of one the thread waits
     */
    public function __construct(
        private readonly TransportInterface $inner,
        private readonly int $retries = 2,
        private readonly ?LoggerInterface $logger = null,
        ?\Closure $sleep = null,
    ) {
        $this->sleep = $sleep ?? Pause::for(...);
    }

    public function send(Request $request): Response
    {
        for ($attempt = 0;; ++$attempt) {
            try {
                return $this->inner->send($request);
            } catch (ConnectException $e) {
                if ($attempt >= $this->retries || !$request->isIdempotent()) {
                    throw $e;
                }

                $this->logger?->info('The API cannot be reached with {method} {url}, which is tried again: {message}', ['method' => $request->method, 'url' => Uri::withoutQuery($request->url), 'message' => $e->getMessage()]);
                ($this->sleep)(self::FIRST_PAUSE * 2 ** $attempt * random_int(75, 125) / 100);
            }
        }
    }
}
