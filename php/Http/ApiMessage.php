<?php

declare(strict_types=1);

namespace Ferry\Http;

use Ferry\Api\BaseUri;
use Ferry\Api\Exception\ResponseTooLargeException;
use Ferry\Api\Request as ApiRequest;
use Ferry\Api\Response as ApiResponse;
use Ferry\Api\Uri;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * Between the ApiClient's messages and those that frameworks know, for controllers that are called in this process.
 *
 * @internal
 */
final class ApiMessage
{
    /**
     * As if a web server had passed it on.
     *
     * @template T of Request
     *
     * @param class-string<T> $class   Request or a class that extends it, as Laravel's
     * @param BaseUri         $baseUri whose path no route begins with
     *
     * @return T
     */
    public static function request(#[\SensitiveParameter] ApiRequest $request, BaseUri $baseUri, string $class = Request::class): Request
    {
        $server = [
            'REMOTE_ADDR' => $request->clientAddress ?? '127.0.0.1',
            'SCRIPT_NAME' => $baseUri->path.'/index.php',
            'SCRIPT_FILENAME' => 'index.php',
            'SERVER_SOFTWARE' => 'Ferry',
        ];
        $headers = $request->headers();
        // The address is that of the client itself: no proxy is between.
        unset($headers['x-forwarded-for'], $headers['forwarded'], $headers['proxy']);

        foreach ($headers as $name => $values) {
            $name = strtoupper(strtr($name, '-', '_'));
            $server['CONTENT_TYPE' === $name ? $name : 'HTTP_'.$name] = implode('COOKIE' === $name ? '; ' : ', ', $values);
        }

        $fields = [];

        if (str_starts_with($server['CONTENT_TYPE'] ?? '', 'application/x-www-form-urlencoded')) {
            parse_str($request->body(), $fields);
        }

        // What create() would make up.
        $server += ['CONTENT_TYPE' => '', 'HTTP_ACCEPT_LANGUAGE' => '', 'HTTP_ACCEPT_CHARSET' => ''];
        $message = $class::create($request->url, $request->method, [], self::cookies($server['HTTP_COOKIE'] ?? ''), [], $server, $request->body());
        $message->request->replace($fields);

        return $message;
    }

    /**
     * @param \Closure(): Response $handle
     *
     * @return array{Response, ApiResponse}
     *
     * @throws ResponseTooLargeException
     */
    public static function response(ApiRequest $request, \Closure $handle, int $maxBodyBytes): array
    {
        // Until Symfony 6 a listener sends streams before the kernel returns.
        $output = new CapturedOutput($maxBodyBytes);
        $response = $output->during($handle);

        if (false === $content = $response->getContent()) {
            $output->during(static fn () => $response->sendContent());
            $content = $output->content;
        }

        if (\strlen($content) > $maxBodyBytes) {
            throw new ResponseTooLargeException(sprintf('%s answered with more than %d bytes', Uri::withoutQuery($request->url), $maxBodyBytes));
        }

        /** @var array<string, list<?string>> $headers */
        $headers = $response->headers->all();

        return [$response, new ApiResponse($response->getStatusCode(), array_map(static fn (array $values): array => array_map('strval', $values), $headers), $content, $request->url)];
    }

    /**
     * @return array<string, mixed> as in $_COOKIE
     */
    private static function cookies(#[\SensitiveParameter] string $header): array
    {
        parse_str(str_replace(['&', '+', '; ', ';'], ['%26', '%2B', '&', '&'], $header), $cookies);

        return $cookies;
    }
}
