<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Api;

use Ferry\Api\Request;
use Ferry\Api\Response;
use Ferry\Api\Transport\TransportInterface;

/**
 * Answers as a test says, and remembers what it was asked.
 */
final class ScriptedTransport implements TransportInterface
{
    /** @var list<Request> */
    public array $requests = [];

    /** @var list<Response|\Throwable|\Closure(Request): Response> */
    private array $answers;

    public function __construct(Response|\Throwable|\Closure ...$answers)
    {
        $this->answers = array_values($answers);
    }

    public function send(Request $request): Response
    {
        $this->requests[] = $request;
        $answer = array_shift($this->answers) ?? new Response(200, [], '[]', $request->url);

        return match (true) {
            $answer instanceof \Throwable => throw $answer,
            $answer instanceof \Closure => $answer($request),
            default => $answer,
        };
    }

    /**
     * @return array<string, string> of the request with that number, the first by default
     */
    public function headers(int $number = 0): array
    {
        return array_map(static fn (array $values): string => implode(', ', $values), $this->requests[$number]->headers());
    }
}
