<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Profiler;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\DataCollector\DataCollector;

/**
 * The panel "WebSocket" of a message's profile; empty in the profile of an HTTP request.
 */
final class MessageDataCollector extends DataCollector
{
    /** Attribute of the request that stands for a message. */
    public const ATTRIBUTE = '_ferry_message';

    public function collect(Request $request, Response $response, ?\Throwable $exception = null): void
    {
        $message = $request->attributes->get(self::ATTRIBUTE);
        $this->data = \is_array($message) ? $message : [];
    }

    public function reset(): void
    {
        $this->data = [];
    }

    public function getName(): string
    {
        return 'ferry';
    }

    /** What only the other collectors of the finished profile know. */
    public function complete(?int $queries, ?float $queryMilliseconds): void
    {
        $this->data['queries'] = $queries;
        $this->data['queryMilliseconds'] = $queryMilliseconds;
    }

    public function isMessage(): bool
    {
        return [] !== $this->data;
    }

    /**
     * @return array<string, mixed> see MessageProfiler::describe()
     */
    public function getMessage(): array
    {
        return \is_array($this->data) ? $this->data : [];
    }
}
