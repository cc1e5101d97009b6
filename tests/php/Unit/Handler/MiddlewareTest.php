<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Exception\InvalidHandlerException;
use Ferry\Exception\RefusedException;
use Ferry\Handler\ArgumentCompiler;
use Ferry\Handler\ArgumentMetadata;
use Ferry\Handler\DescriptorFactory;
use Ferry\Handler\EndpointFactory;
use Ferry\Handler\GuardInterface;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\MethodDescriptor;
use Ferry\Handler\ObjectContainer;
use Ferry\Handler\Resolver\ServiceResolver;
use Ferry\Handler\Router;
use Ferry\Handler\ValueResolverInterface;
use Ferry\Middleware\Envelope;
use Ferry\Middleware\HandledStamp;
use Ferry\Middleware\MiddlewareInterface;
use Ferry\Middleware\StackInterface;
use Ferry\Tests\Fixtures\StubConnection;
use PHPUnit\Framework\TestCase;

/**
 * Middleware, guards and resolvers of the application.
 */
final class MiddlewareTest extends TestCase
{
    public function testMiddlewareWrapsTheCallAndMayChangeTheResult(): void
    {
        $log = [];
        $sent = $this->send('{"type":"echo","text":"hi"}', [$this->middleware('outer', $log), $this->middleware('inner', $log)]);

        self::assertSame(['{"text":"hi","outer":true}'], $sent);
        self::assertSame(['outer open', 'inner open', 'outer message', 'inner message', 'inner done', 'outer done'], array_values(array_diff($log, ['inner done open', 'outer done open'])));
    }

    public function testMiddlewareMayKeepAMessageFromItsHandler(): void
    {
        $log = [];

        self::assertSame([], $this->send('{"type":"echo","text":"stop"}', [$this->middleware('outer', $log), $this->middleware('inner', $log)]));
        self::assertSame(['outer open', 'inner open', 'outer message'], array_values(array_diff($log, ['inner done open', 'outer done open'])));
    }

    public function testMiddlewareOfOneHandlerByName(): void
    {
        $log = [];

        self::assertSame(['{"text":"hi","named":true}'], $this->send('{"type":"echo","text":"hi"}', named: ['auth' => $this->middleware('named', $log)], uses: ['auth']));
    }

    public function testUnknownMiddlewareIsRefused(): void
    {
        $this->expectException(InvalidHandlerException::class);
        $this->expectExceptionMessage('The middleware "auth" is unknown');

        $this->send('{}', uses: ['auth']);
    }

    public function testGuardsSeeTheArguments(): void
    {
        $guard = new class implements GuardInterface {
            /** @var list<string> */
            public array $compiled = [];

            public function compile(MethodDescriptor $method): ?\Closure
            {
                $this->compiled[] = (string) $method;

                return 'echo' !== $method->name ? null : static fn (Envelope $envelope, array $arguments) => 'no' === $arguments[0]['text'] ? throw RefusedException::accessDenied() : null;
            }
        };

        self::assertSame(['{"text":"yes"}'], $this->send('{"type":"echo","text":"yes"}', guards: [$guard]));
        self::assertSame(['{"type":"error","code":"access_denied","message":"Access denied."}'], $this->send('{"type":"echo","text":"no"}', guards: [$guard]));
        self::assertCount(2 * 4, array_filter($guard->compiled, static fn (string $method): bool => str_contains($method, '::')), 'each method once per start');
    }

    public function testResolversOfTheApplicationComeFirst(): void
    {
        $shout = new class implements ValueResolverInterface {
            public function compile(ArgumentMetadata $argument, MethodDescriptor $method): ?\Closure
            {
                return 'message' !== $argument->name ? null : static fn (Envelope $envelope): array => array_map('strtoupper', $envelope->message->data);
            }
        };

        self::assertSame(['{"text":"HI"}'], $this->send('{"type":"echo","text":"hi"}', resolvers: [$shout]));
    }

    public function testServicesByType(): void
    {
        $service = new \ArrayObject(['a' => 1]);
        $resolver = new ServiceResolver(new ObjectContainer([\ArrayObject::class => $service]));

        self::assertSame(['{"a":1}'], $this->send('{"type":"service"}', resolvers: [$resolver]));
    }

    public function testManyArguments(): void
    {
        $resolver = new ServiceResolver(new ObjectContainer([\ArrayObject::class => new \ArrayObject()]));

        self::assertSame(['["many","{\"type\":\"many\"}",false,[],"default"]'], $this->send('{"type":"many"}', resolvers: [$resolver]));
    }

    public function testEnvelopesAreNotChanged(): void
    {
        $envelope = new Envelope(MethodDescriptor::MESSAGE, new StubConnection(), $this->createSession());
        $stamped = $envelope->with(new HandledStamp(1), new HandledStamp(2));

        self::assertNull($envelope->last(HandledStamp::class));
        self::assertSame(2, $stamped->last(HandledStamp::class)->result);
        self::assertCount(2, $stamped->all(HandledStamp::class));
        self::assertSame([], $stamped->withoutAll(HandledStamp::class)->all());
    }

    /**
     * @param list<string> $log
     */
    private function middleware(string $name, array &$log): MiddlewareInterface
    {
        return new class($name, $log) implements MiddlewareInterface {
            /** @param list<string> $log */
            public function __construct(private readonly string $name, private array &$log)
            {
            }

            public function handle(Envelope $envelope, StackInterface $stack): Envelope
            {
                $this->log[] = "$this->name $envelope->event";

                if ('stop' === ($envelope->message->data['text'] ?? null)) {
                    return $envelope;
                }

                $envelope = $stack->next()->handle($envelope, $stack);
                $this->log[] = "$this->name done".('message' === $envelope->event ? '' : ' '.$envelope->event);
                $result = $envelope->last(HandledStamp::class)?->result;

                return \is_array($result) && 'inner' !== $this->name ? $envelope->with(new HandledStamp($result + [$this->name => true])) : $envelope;
            }
        };
    }

    /**
     * @param list<MiddlewareInterface>          $middleware
     * @param array<string, MiddlewareInterface> $named
     * @param list<string>                       $uses
     * @param list<GuardInterface>               $guards
     * @param list<ValueResolverInterface>       $resolvers
     *
     * @return list<string>
     */
    private function send(string $message, array $middleware = [], array $named = [], array $uses = [], array $guards = [], array $resolvers = []): array
    {
        $handler = self::handler();
        $descriptors = DescriptorFactory::describe($handler::class, 'handler', new AsWsHandler('/', middleware: $uses));
        $arguments = new ArgumentCompiler([...$resolvers, ...ArgumentCompiler::builtIn()]);
        $dispatcher = new HandlerDispatcher(new Router($descriptors), $descriptors, new EndpointFactory(new ObjectContainer(['handler' => $handler] + $named), $arguments, $middleware, $guards));
        $connection = new StubConnection('/');
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, $message, false);

        return $connection->sent;
    }

    private static function handler(): object
    {
        return new class {
            #[\Ferry\Attribute\OnOpen]
            public function open(): void
            {
            }

            #[OnMessage('echo')]
            public function echo(array $message): array
            {
                return $message;
            }

            #[OnMessage('service')]
            public function service(?\ArrayObject $service = null): ?array
            {
                return $service?->getArrayCopy();
            }

            #[OnMessage('many')]
            public function many(string $type, string $payload, bool $binary, ?\ArrayObject $service, string $text = 'default'): array
            {
                return [$type, $payload, $binary, $service?->getArrayCopy(), $text];
            }
        };
    }

    private function createSession(): \Ferry\Handler\Session
    {
        $descriptor = DescriptorFactory::describe(self::handler()::class, null, new AsWsHandler('/'))[0];

        return new \Ferry\Handler\Session(new StubConnection(), $descriptor, [], new \Ferry\Handler\Endpoint($descriptor, self::handler()));
    }
}
