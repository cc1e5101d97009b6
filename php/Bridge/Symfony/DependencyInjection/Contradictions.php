<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection;

use Ferry\Api\ApiOptions;
use Ferry\Auth\TicketAdmission;
use Ferry\Exception\ExceptionInterface;
use Ferry\ExtensionCheck;
use Ferry\HttpClient;
use Ferry\Publish\PublisherFactory;
use Ferry\Publish\ServerEndpoint;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\DependencyInjection\ContainerBuilder;

/**
 * Refuses settings of which one makes another void, and values that would be refused at the first use. Each is right by itself,
 * so the tree does not see it. What the environment says is not known yet, and left to the start.
 *
 * @internal
 */
final class Contradictions
{
    /** Options of Ferry\HttpClient in whose place a setting of "ferry.api" is used. */
    private const SET_BY_API = ['base_uri' => 'base_uri', 'max_redirects' => 'max_redirects', 'max_body_bytes' => 'max_body_bytes'];

    /** They take what is published to no server, so that tests may keep the rest of the section. */
    private const NOWHERE = ['memory', 'null'];

    public function __construct(private readonly ContainerBuilder $container)
    {
    }

    /**
     * @param array<string, mixed> $config processed
     *
     * @throws InvalidConfigurationException naming both settings and a remedy
     */
    public function refuse(array $config): void
    {
        // As arrays: each has defaults.
        [$server, $auth, $hygiene, $api, $publish] = array_map(static fn (string $section): array => (array) ($config[$section] ?? []), ['server', 'auth', 'hygiene', 'api', 'publish']);

        $this->ofAuth($auth);
        $this->ofPublish($publish, $server);

        if ($api['enabled']) {
            $this->ofApi($api);
        }

        if (!$hygiene['retry'] && null !== $hygiene['reconnect_timeout']) {
            throw new InvalidConfigurationException('"ferry.hygiene.reconnect_timeout" says how long a retry waits for the database, and "ferry.hygiene.retry" is false. Remove one of them.');
        }
    }

    /**
     * @param array<string, mixed> $auth
     */
    private function ofAuth(array $auth): void
    {
        if (false === ($auth['required'] ?? null) && true === ($auth['jwt']['required'] ?? null)) {
            throw new InvalidConfigurationException('"ferry.auth.required" is false, and "ferry.auth.jwt.required" is true, which refuses clients without a token before. Remove one of them.');
        }

        $query = \array_key_exists('query', $auth['token']) ? $auth['token']['query'] : 'token';

        if ($auth['ticket']['enabled'] && null !== $auth['jwt'] && $query === $auth['ticket']['parameter']) {
            throw new InvalidConfigurationException(sprintf('"ferry.auth.ticket.parameter" is "%s", where "ferry.auth.jwt" looks for a token ("ferry.auth.token.query"), and would refuse each ticket. Give them different names, such as "%s" for tickets, or set "ferry.auth.token: { query: ~ }".', $query, TicketAdmission::PARAMETER));
        }
    }

    /**
     * @param array<string, mixed> $api
     */
    private function ofApi(array $api): void
    {
        $mode = $api['mode'];

        if (null !== $api['client'] && 'http' !== $mode) {
            throw new InvalidConfigurationException(sprintf('"ferry.api.client" is what sends in the mode "http", and "ferry.api.mode" is "%s". Set "ferry.api.mode: http", or remove "ferry.api.client".', $mode));
        }

        if ([] !== $api['options'] && 'async' !== $mode) {
            throw new InvalidConfigurationException(sprintf('"ferry.api.options" are those of ext-ferry\'s client, for the mode "async", and "ferry.api.mode" is "%s". Set "ferry.api.mode: async", or remove "ferry.api.options"%s.', $mode, 'http' === $mode ? ': the options of "framework.http_client" count' : ''));
        }

        foreach (array_intersect_key(self::SET_BY_API, $api['options']) as $option => $setting) {
            throw new InvalidConfigurationException(sprintf('"ferry.api.options" has "%s", and "ferry.api.%s" says the same thing. Remove it from the options.', $option, $setting));
        }

        if ($this->isKnown([$api['headers'], $api['timeout'], $api['options']])) {
            self::check('ferry.api', static fn () => new ApiOptions($api['headers'], (float) $api['timeout']));

            if (ExtensionCheck::isLoaded() && class_exists(HttpClient::class)) {
                // Files may not be on the machine that builds.
                $options = array_filter($api['options'], static fn (int|string $name): bool => !str_ends_with((string) $name, '_file'), \ARRAY_FILTER_USE_KEY);
                self::check('ferry.api.options', static fn () => new HttpClient($options));
            }
        }
    }

    /**
     * @param array<string, mixed> $publish
     * @param array<string, mixed> $server
     */
    private function ofPublish(array $publish, array $server): void
    {
        foreach (array_intersect_key(['listen' => true, 'secret' => true, 'mode' => true, 'dsn' => true], $publish['limits']) as $name => $true) {
            throw new InvalidConfigurationException(sprintf('"ferry.publish.limits" has "%s", which is "ferry.publish.%s". Set it there.', $name, $name));
        }

        $dsn = $publish['dsn'] ?? 'in-process:';

        if (!\is_string($dsn) || !$this->isKnown($dsn)) {
            return;
        }

        $scheme = strstr($dsn, ':', true);

        if (\in_array($scheme, ['unix', 'http', 'https'], true) && '' === (string) $publish['secret']) {
            throw new InvalidConfigurationException('"ferry.publish.dsn" names a control endpoint, which takes signed requests only, and "ferry.publish.secret" is not set. Set it to at least 32 bytes.');
        }

        if ($this->isKnown($publish['timeout'])) {
            self::check('ferry.publish', static fn () => (new PublisherFactory())->transport($dsn, (string) $publish['secret'], (float) $publish['timeout']));
        }

        $isServed = null !== $publish['listen'] || isset(ServerEndpoint::resolve(['control' => ['dsn' => $dsn]])['control']) || \in_array($scheme, self::NOWHERE, true);

        foreach ($isServed ? [] : array_filter(['mode' => $publish['mode'] ?? [], 'limits' => $publish['limits']], static fn (mixed $value): bool => [] !== $value) as $name => $value) {
            throw new InvalidConfigurationException(sprintf('"ferry.publish.%s" is about the control endpoint, and with "ferry.publish.dsn: %s:" the server has none. Set "ferry.publish.listen", or a DSN such as "unix:///run/ferry-control.sock", or remove "ferry.publish.%s".', $name, $scheme, $name));
        }

        $redis = \is_array($server['redis'] ?? null) ? $server['redis']['dsn'] ?? null : null;

        if (\is_string($redis) && \in_array($scheme, ['redis', 'rediss'], true) && $this->isKnown($redis) && $redis !== $dsn) {
            throw new InvalidConfigurationException('"ferry.server.redis" has another "dsn" than "ferry.publish.dsn", so what is published would not reach the server. Remove the one of the server, which then takes that of "ferry.publish".');
        }
    }

    private static function check(string $setting, \Closure $make): void
    {
        try {
            $make();
        } catch (ExceptionInterface $e) {
            throw new InvalidConfigurationException(sprintf('"%s": %s', $setting, $e->getMessage()), 0, $e);
        }
    }

    private function isKnown(mixed $value): bool
    {
        $used = [];
        $this->container->resolveEnvPlaceholders($value, null, $used);

        return [] === $used;
    }
}
