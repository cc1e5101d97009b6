<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Section;

use Ferry\Api\ApiClient;
use Ferry\Api\ApiOptions;
use Ferry\Api\BaseUri;
use Ferry\Api\Psr18Client;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Api\Transport\RetryingTransport;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Bridge\Symfony\HttpClient\FerryHttpClient;
use Ferry\Exception\InvalidArgumentException;
use Psr\Http\Client\ClientInterface;
use Symfony\Component\Config\Definition\Builder\NodeBuilder;
use Symfony\Component\Config\Definition\Exception\InvalidConfigurationException;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Component\HttpClient\HttpClientTrait;

/**
 * Requests to the application's API in the name of a client. ApiPass makes the transport of the mode.
 */
final class ApiSection implements SectionInterface
{
    /** Parameter with the configuration, for ApiPass. */
    public const CONFIG = 'ferry.api.config';
    public const TRANSPORT = 'ferry.api.transport';

    private const MODES = ['async', 'kernel', 'http'];

    public function configure(NodeBuilder $nodes): void
    {
        $api = $nodes->arrayNode('api')
            ->info('Requests to the application\'s own API in the name of a client: Ferry\Api\ApiClient (docs/api-client.md)')
            ->canBeEnabled();
        $api->find('enabled')->info('Whether there is an ApiClient. Default: true as soon as the section is there');
        $api
            ->children()
                ->scalarNode('base_uri')
                    ->info('Where the API answers; tokens of clients are sent nowhere else. Needed but in the mode "kernel", whose default is that of the router (framework.router.default_uri)')
                    ->example('https://example.org')
                    ->defaultNull()
                ->end()
                ->enumNode('mode')
                    ->info('"async": other clients are served while a handler waits. "kernel": controllers are called in this process, without a network. "http": blocks all clients')
                    ->values(self::MODES)
                    ->defaultValue('async')
                ->end()
                ->scalarNode('client')
                    ->info('The service that sends in the mode "http", Symfony\'s HttpClientInterface or a client of PSR-18. Default: "http_client", or PHP\'s streams where there is none')
                    ->defaultNull()
                ->end()
                ->variableNode('options')
                    ->info('Options of Ferry\HttpClient, for the mode "async": docs/http-client.md')
                    ->example('{ connect_timeout: 2, ca_file: /etc/ssl/own.pem }')
                    ->defaultValue([])
                    ->validate()->ifTrue(static fn (mixed $value): bool => !\is_array($value))->thenInvalid('It must be a map such as { connect_timeout: 2 }, %s given.')->end()
                ->end()
                ->floatNode('timeout')
                    ->info('Seconds for a request, all of it; the mode "kernel" has none')
                    ->defaultValue(10.0)
                ->end()
                ->integerNode('retries')
                    ->info('How often a request is sent again that did not reach the API; those to which it would do harm never are')
                    ->defaultValue(2)
                    ->min(0)->max(10)
                ->end()
                ->integerNode('max_redirects')
                    ->info('Redirections that are followed, inside of base_uri')
                    ->defaultValue(3)
                    ->min(0)->max(20)
                ->end()
                ->integerNode('max_body_bytes')
                    ->info('Longer answers are refused')
                    ->defaultValue(StreamTransport::MAX_BODY_BYTES)
                    ->min(1)
                ->end()
                ->enumNode('forwarded')
                    ->info('The header that has the client\'s address: whoever reads it must trust this machine (framework.trusted_proxies)')
                    ->values(ApiOptions::FORWARDED)
                    ->defaultValue('x-forwarded-for')
                ->end()
                ->arrayNode('headers')
                    ->info('Sent with every request')
                    ->example(['User-Agent' => 'chat'])
                    ->normalizeKeys(false)
                    ->useAttributeAsKey('name')
                    ->scalarPrototype()->end()
                ->end()
            ->end();
    }

    public function load(array $config, ContainerBuilder $container): void
    {
        /** @var array{enabled: bool, base_uri: ?string, mode: string, client: ?string, options: array<string, mixed>, timeout: float, retries: int, max_redirects: int, max_body_bytes: int, forwarded: string, headers: array<string, mixed>} $api */
        $api = $config['api'];
        $this->registerFaces($container, $api['options'] + ['max_body_bytes' => $api['max_body_bytes']]);

        if (!$api['enabled']) {
            $container->register(ApiClient::class, ApiClient::class)
                ->addError('There is no ApiClient, because "ferry.api" is not configured. Set "ferry.api.base_uri" to the address of your API, or "ferry.api.mode: kernel".');

            return;
        }

        $this->check($api, $container);
        $container->setParameter(self::CONFIG, $api);
        $logger = new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE);
        $container->register(BaseUri::class, BaseUri::class)->setArguments([$api['base_uri']]);
        $container->register('ferry.api.options', ApiOptions::class)->setArguments([
            $api['headers'], $api['timeout'], $api['max_redirects'], $api['forwarded'],
            ...array_values(self::ofTheServer($config)),
        ]);
        $container->register(ApiClient::class, ApiClient::class)
            ->setArguments([
                'kernel' === $api['mode'] ? new Reference(self::TRANSPORT) : new Definition(RetryingTransport::class, [new Reference(self::TRANSPORT), $api['retries'], $logger]),
                new Reference(BaseUri::class),
                new Reference('ferry.api.options'),
                $logger,
            ])
            ->addTag('monolog.logger', ['channel' => 'ferry']);

        if ('async' === $api['mode']) {
            ServerSection::turnFibersOn($container);
        }
    }

    /**
     * For SDKs: any host, without credentials, in every mode.
     *
     * @param array<string, mixed> $options
     */
    private function registerFaces(ContainerBuilder $container, array $options): void
    {
        $container->register(AsyncTransport::class, AsyncTransport::class)->setArguments([$options]);

        if (interface_exists(ClientInterface::class)) {
            $container->register(Psr18Client::class, Psr18Client::class)->setArguments([new Reference(AsyncTransport::class)]);
        }

        if (trait_exists(HttpClientTrait::class)) {
            $container->register(FerryHttpClient::class, FerryHttpClient::class)->setArguments([new Reference(AsyncTransport::class)]);
        }
    }

    /**
     * @param array{base_uri: ?string, mode: string} $api
     */
    private function check(array $api, ContainerBuilder $container): void
    {
        if (null === $api['base_uri']) {
            if ('kernel' === $api['mode']) {
                return;
            }

            throw new InvalidConfigurationException(sprintf('"ferry.api.base_uri" must be set in the mode "%s": the address under which the application\'s controllers answer, such as "https://example.org". Or set "ferry.api.mode: kernel", which needs none.', $api['mode']));
        }

        $used = [];
        $container->resolveEnvPlaceholders($api['base_uri'], null, $used);

        if ([] !== $used) {
            return;
        }

        try {
            new BaseUri((string) $container->getParameterBag()->resolveValue($api['base_uri']));
        } catch (InvalidArgumentException $e) {
            throw new InvalidConfigurationException('"ferry.api.base_uri": '.$e->getMessage(), 0, $e);
        }
    }

    /**
     * @param array<string, mixed> $config
     *
     * @return array{code: int, origins: bool}
     */
    private static function ofTheServer(array $config): array
    {
        return [
            'code' => $config['auth']['jwt']['expired_close_code'] ?? 4401,
            'origins' => [] !== ($config['server']['allowed_origins'] ?? []),
        ];
    }
}
