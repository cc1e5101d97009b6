<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\HttpClient;

use Ferry\Api\Request;
use Ferry\Api\Response;
use Symfony\Component\HttpFoundation\Response as HttpResponse;

/**
 * What is known of a request that is on its way, for ResponseInterface::getInfo().
 *
 * @internal
 */
final class Exchange
{
    public int $redirects = 0;
    public ?string $redirectUrl = null;
    public bool $canceled = false;
    public ?string $error = null;
    public readonly string $originalUrl;

    private readonly float $startedAt;
    private float $tookSeconds = 0.0;
    private int $status = 0;
    private int $size = 0;

    /** @var list<string> */
    private array $lines = [];

    /**
     * @param string                                        $url      the first one
     * @param (callable(int, int, array<string, mixed>): mixed)|null $progress
     * @param bool|resource|\Closure(array<string, list<string>>): mixed $buffer whether the content is kept, or where
     */
    public function __construct(private string $method, public string $url, private readonly mixed $userData, private readonly mixed $progress, public readonly mixed $buffer = true)
    {
        $this->startedAt = microtime(true);
        $this->originalUrl = $url;
    }

    public function sent(Request $request): void
    {
        $this->method = $request->method;
        $this->url = $request->url;
    }

    public function answered(Response $response): void
    {
        $this->tookSeconds = microtime(true) - $this->startedAt;
        $this->status = $response->status;
        $this->size = \strlen($response->getContent(false));
        // The transport may have followed a redirection by itself.
        $this->url = '' === $response->url ? $this->url : $response->url;
        $this->lines[] = rtrim(sprintf('HTTP/1.1 %d %s', $response->status, HttpResponse::$statusTexts[$response->status] ?? ''));

        foreach ($response->headers as $name => $values) {
            foreach ($values as $value) {
                $this->lines[] = ucwords($name, '-').': '.$value;
            }
        }

        if (null !== $this->progress) {
            ($this->progress)(0, 0, $this->info());
            ($this->progress)($this->size, $this->size, $this->info());
        }
    }

    /**
     * @return array<string, mixed>
     */
    public function info(): array
    {
        return [
            'response_headers' => $this->lines,
            'redirect_count' => $this->redirects,
            'redirect_url' => $this->redirectUrl,
            'start_time' => $this->startedAt,
            'http_method' => $this->method,
            'http_code' => $this->status,
            'user_data' => $this->userData,
            'url' => $this->url,
            'original_url' => $this->originalUrl,
            'canceled' => $this->canceled,
            'error' => $this->error,
            'total_time' => $this->tookSeconds,
            'size_download' => (float) $this->size,
            'debug' => '',
        ];
    }
}
