<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Profiler;

use Ferry\Exception\RefusalInterface;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ScopeInterface;
use Ferry\Handler\SuspendableInterface;
use Ferry\Middleware\Envelope;
use Psr\Log\LoggerInterface;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\DataCollector\DataCollectorInterface;
use Symfony\Component\HttpKernel\Profiler\Profile;
use Symfony\Component\HttpKernel\Profiler\Profiler;
use Symfony\Component\Stopwatch\Stopwatch;

/**
 * Makes one profile per message, with what every other data collector of the application has to say about it. A failure of
 * the profiler is logged and does not concern the message.
 *
 * Of handlers that are suspended, each has a profile of its own with its own time line. Other collectors cannot tell whose a
 * query was: what came while several were in flight is in the profiles of all of them that end later.
 *
 * The innermost scope: what it measures is the handler and its middleware, and the user is set.
 */
final class MessageProfiler implements ScopeInterface, SuspendableInterface
{
    /** In the web profiler's list, where requests have their HTTP method. */
    public const METHOD = 'WS';

    /** Bytes of a payload that are shown. */
    private const SHOWN = 8192;

    private float $startedAt = 0.0;
    private int $started = 0;
    private ?string $section = null;

    /** Messages that have begun and not ended. */
    private int $inFlight = 0;

    /**
     * @param iterable<DataCollectorInterface> $replacements collectors that take the place of those of the same name
     * @param positive-int                     $maxProfiles
     */
    public function __construct(
        private readonly Profiler $profiler,
        private readonly ?MessageProfileStorage $storage,
        private readonly int $maxProfiles,
        private readonly iterable $replacements = [],
        private readonly ?Stopwatch $stopwatch = null,
        private readonly ?LoggerInterface $logger = null,
    ) {
    }

    public function enter(Envelope $envelope): void
    {
        if (MethodDescriptor::MESSAGE !== $envelope->event) {
            return;
        }

        ++$this->inFlight;
        $this->attempt(function (): void {
            // What the collectors have seen since the last message belongs to none.
            if (1 === $this->inFlight) {
                $this->profiler->reset();
            }

            $this->section = bin2hex(random_bytes(3));
            $this->stopwatch?->openSection();
        });
        $this->startedAt = microtime(true);
        $this->started = (int) hrtime(true);
    }

    public function leave(Envelope $envelope, ?\Throwable $error): void
    {
        if (MethodDescriptor::MESSAGE !== $envelope->event) {
            return;
        }

        $this->inFlight = max(0, $this->inFlight - 1);

        if (null === $this->section) {
            return;
        }

        $milliseconds = (hrtime(true) - $this->started) / 1e6;
        $this->attempt(fn () => $this->profile($envelope, $error, $milliseconds));
        $this->section = null;
    }

    /**
     * @return array{float, int, ?string}
     */
    public function suspend(): array
    {
        $state = [$this->startedAt, $this->started, $this->section];

        if (null !== $this->section) {
            $this->attempt(fn () => $this->stopwatch?->stopSection((string) $this->section));
        }

        $this->section = null;

        return $state;
    }

    public function resume(mixed $state): void
    {
        [$this->startedAt, $this->started, $this->section] = $state;

        if (null !== $this->section) {
            $this->attempt(fn () => $this->stopwatch?->openSection($this->section));
        }
    }

    private function profile(Envelope $envelope, ?\Throwable $error, float $milliseconds): void
    {
        $this->stopwatch?->stopSection((string) $this->section);
        $request = $this->request($envelope, $milliseconds, $error);
        $response = new Response('', match (true) {
            null === $error => Response::HTTP_OK,
            $error instanceof RefusalInterface => Response::HTTP_BAD_REQUEST,
            default => Response::HTTP_INTERNAL_SERVER_ERROR,
        });
        // A console command starts with it switched off.
        $this->profiler->enable();
        $profile = $this->profiler->collect($request, $response, $error);

        if (null === $profile) {
            return;
        }

        $profile->setUrl(preg_replace('/^http/', 'ws', $request->getUri()).(null === $envelope->message?->type ? '' : ' '.$envelope->message->type));

        foreach ($this->replacements as $collector) {
            $collector->collect($request, $response, $error);
            $profile->addCollector(clone $collector);
        }

        $this->complete($profile);
        $this->profiler->saveProfile($profile);
        $this->storage?->keep($profile->getToken(), $this->maxProfiles);

        if (0 === $this->inFlight) {
            $this->profiler->reset();
        }

        foreach ($this->replacements as $collector) {
            $collector->reset();
        }
    }

    private function complete(Profile $profile): void
    {
        $own = $profile->hasCollector('ferry') ? $profile->getCollector('ferry') : null;
        $database = $profile->hasCollector('db') ? $profile->getCollector('db') : null;

        if ($own instanceof MessageDataCollector && null !== $database && method_exists($database, 'getQueryCount') && method_exists($database, 'getTime')) {
            $own->complete($database->getQueryCount(), 1000 * $database->getTime());
        }
    }

    private function request(Envelope $envelope, float $milliseconds, ?\Throwable $error): Request
    {
        $handshake = $envelope->connection->handshake();
        // Without the token, wherever it was.
        $shown = $handshake->__debugInfo();
        $host = $handshake->header('host') ?? '';
        $query = http_build_query($shown['query']);
        $server = [
            'REQUEST_METHOD' => self::METHOD,
            'REQUEST_URI' => $handshake->path.('' === $query ? '' : '?'.$query),
            'QUERY_STRING' => $query,
            'HTTP_HOST' => 1 === preg_match('/\A[\w.-]+(:\d{1,5})?\z|\A\[[0-9a-fA-F:.]+](:\d{1,5})?\z/', $host) ? $host : 'localhost',
            'REMOTE_ADDR' => $envelope->connection->remoteAddress,
            'REQUEST_TIME_FLOAT' => $this->startedAt,
            'REQUEST_TIME' => (int) $this->startedAt,
        ];
        $request = new Request($shown['query'], [], $envelope->session->route + [
            '_stopwatch_token' => $this->section,
            '_controller' => $this->handler($envelope),
            MessageDataCollector::ATTRIBUTE => $this->describe($envelope, $milliseconds, $error),
        ], [], [], $server);
        $request->headers->add(array_diff_key($shown['headers'], ['host' => true, 'cookie' => true]));

        return $request;
    }

    /**
     * @return array<string, mixed>
     */
    private function describe(Envelope $envelope, float $milliseconds, ?\Throwable $error): array
    {
        $message = $envelope->message;
        $identity = $envelope->connection->identity();
        $payload = (string) $message?->payload;
        $binary = true === $message?->binary || 1 !== preg_match('//u', $payload);

        return [
            'path' => $envelope->connection->handshake()->path,
            'route' => $envelope->session->route,
            'handler' => $this->handler($envelope),
            'type' => $message?->type,
            'id' => $message?->id,
            'binary' => $binary,
            'bytes' => \strlen($payload),
            'payload' => $binary ? bin2hex(substr($payload, 0, self::SHOWN / 2)) : mb_strcut($payload, 0, self::SHOWN, 'UTF-8'),
            'truncated' => \strlen($payload) > ($binary ? self::SHOWN / 2 : self::SHOWN),
            'user' => $identity?->userIdentifier,
            'roles' => $identity?->roles ?? [],
            'connection' => $envelope->connection->id,
            'remoteAddress' => $envelope->connection->remoteAddress,
            'rooms' => \array_slice($envelope->connection->rooms(), 0, 20),
            'milliseconds' => $milliseconds,
            'memory' => memory_get_usage(),
            'queries' => null,
            'queryMilliseconds' => null,
            'error' => null === $error ? null : ['class' => $error::class, 'message' => $error->getMessage(), 'refused' => $error instanceof RefusalInterface],
        ];
    }

    private function handler(Envelope $envelope): string
    {
        $method = $envelope->method?->name ?? 'onMessage';

        return $envelope->session->handler->class.'::'.$method;
    }

    private function attempt(\Closure $step): void
    {
        try {
            $step();
        } catch (\Throwable $e) {
            $this->logger?->warning('No profile of a WebSocket message: {message}', ['message' => $e->getMessage(), 'exception' => $e]);
        }
    }
}
