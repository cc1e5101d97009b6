<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\DependencyInjection\Compiler;

use Ferry\Api\BaseUri;
use Ferry\Api\Transport\AsyncTransport;
use Ferry\Api\Transport\HttpClientTransport;
use Ferry\Api\Transport\Psr18Transport;
use Ferry\Api\Transport\StreamTransport;
use Ferry\Bridge\Symfony\Api\KernelTransport;
use Ferry\Bridge\Symfony\Api\OuterState;
use Ferry\Bridge\Symfony\DependencyInjection\Section\ApiSection;
use Psr\Http\Client\ClientInterface;
use Symfony\Component\DependencyInjection\Compiler\CompilerPassInterface;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\DependencyInjection\ContainerInterface;
use Symfony\Component\DependencyInjection\Definition;
use Symfony\Component\DependencyInjection\Exception\InvalidArgumentException;
use Symfony\Component\DependencyInjection\Reference;
use Symfony\Contracts\HttpClient\HttpClientInterface;

/**
 * Makes the ApiClient's transport from what the application has.
 */
final class ApiPass implements CompilerPassInterface
{
    public function process(ContainerBuilder $container): void
    {
        if (!$container->hasParameter(ApiSection::CONFIG)) {
            return;
        }

        /** @var array{mode: string, client: ?string, max_body_bytes: int} $config */
        $config = $container->getParameter(ApiSection::CONFIG);
        $container->getParameterBag()->remove(ApiSection::CONFIG);

        match ($config['mode']) {
            'kernel' => $container->setDefinition(ApiSection::TRANSPORT, $this->kernel($container, $config['max_body_bytes'])),
            'http' => $container->setDefinition(ApiSection::TRANSPORT, $this->http($container, $config['client'], $config['max_body_bytes'])),
            default => $container->setAlias(ApiSection::TRANSPORT, AsyncTransport::class),
        };
    }

    private function kernel(ContainerBuilder $container, int $maxBytes): Definition
    {
        $optional = static fn (string $id): ?Reference => $container->has($id) ? new Reference($id) : null;

        if (null === $container->getDefinition(BaseUri::class)->getArgument(0)) {
            $container->getDefinition(BaseUri::class)->setFactory([KernelTransport::class, 'baseUri'])->setArguments([$optional('router.request_context')]);
        }

        return (new Definition(KernelTransport::class, [
            new Reference('http_kernel'),
            new Definition(OuterState::class, [
                new Reference('request_stack'),
                $optional('security.untracked_token_storage'),
                $optional('security.token_storage'),
                $optional('router.request_context'),
            ]),
            new Reference(BaseUri::class),
            $maxBytes,
            FirewallBuilder::sessions($container),
            new Reference('logger', ContainerInterface::NULL_ON_INVALID_REFERENCE),
        ]))->addTag('monolog.logger', ['channel' => 'ferry']);
    }

    private function http(ContainerBuilder $container, ?string $client, int $maxBytes): Definition
    {
        if (null === $client) {
            return $container->has('http_client')
                ? new Definition(HttpClientTransport::class, [new Reference('http_client'), $maxBytes])
                : new Definition(StreamTransport::class, [$maxBytes]);
        }

        if (!$container->has($client)) {
            throw new InvalidArgumentException(sprintf('"ferry.api.client" is "%s", and there is no such service.', $client));
        }

        $class = $container->getParameterBag()->resolveValue($container->findDefinition($client)->getClass());

        return match (true) {
            is_a((string) $class, HttpClientInterface::class, true) => new Definition(HttpClientTransport::class, [new Reference($client), $maxBytes]),
            is_a((string) $class, ClientInterface::class, true) => new Definition(Psr18Transport::class, [new Reference($client), null, null, $maxBytes]),
            default => throw new InvalidArgumentException(sprintf('"ferry.api.client" is "%s", whose class %s is neither a %s nor a %s.', $client, $class, HttpClientInterface::class, ClientInterface::class)),
        };
    }
}
