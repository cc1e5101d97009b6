<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Exception\RefusedException;
use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\ErrorFrame;
use Ferry\Handler\ExceptionMapperInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\ResultNormalizerInterface;
use Ferry\Handler\ScopeInterface;
use Ferry\Identity;
use Ferry\Middleware\Envelope;
use Ferry\Tests\Fixtures\Handler\ChatHandler;
use Ferry\Tests\Fixtures\RecordingHandler;
use Ferry\Tests\Fixtures\StubConnection;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;
use Psr\Log\AbstractLogger;

final class HandlerDispatcherTest extends TestCase
{
    use TalksToDispatcher;

    public function testMessageGoesToTheMethodOfItsType(): void
    {
        $handler = new ChatHandler();
        $sent = $this->talk($handler, [
            '{"type":"say","text":"hi"}',
            '{"type":"say","data":{"text":"ho"}}',
            '{"type":"quiet","data":7}',
            '{"type":"silent"}',
            '{"type":"raw","x":1}',
            '{"type":"dance","with":"me"}',
            '{"no":"type"}',
        ]);

        self::assertSame([
            '{"welcome":"lobby","page":1}',
            '{"said":"hi","in":"lobby"}',
            '{"said":"ho","in":"lobby"}',
            '{"type":"raw","x":1}',
            '{"other":"dance","data":{"with":"me"},"room":"lobby"}',
            '{"other":null,"data":{"no":"type"},"room":"lobby"}',
        ], $sent);
        self::assertSame([['quiet', 7], ['silent', []]], $handler->calls);
    }

    public function testMessageWithAnIdGetsAReply(): void
    {
        self::assertSame([
            '{"type":"reply","id":"a","data":{"said":"hi","in":"lobby"}}',
            '{"type":"reply","id":1,"data":null}',
            '{"type":"reply","id":0,"data":"{\"type\":\"raw\",\"id\":0}"}',
        ], \array_slice($this->talk(new ChatHandler(), [
            '{"type":"say","text":"hi","id":"a"}',
            '{"type":"quiet","id":1}',
            '{"type":"raw","id":0}',
        ]), 1));
    }

    public function testBinaryFramesGoToTheRawMethod(): void
    {
        $connection = new StubConnection('/chat/lobby');
        $dispatcher = HandlerDispatcher::of([new ChatHandler()]);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, "\0\1\2", true);

        self::assertSame('{"bytes":3,"binary":true}', $connection->sent[1]);
    }

    public function testFieldsAreChecked(): void
    {
        self::assertSame([
            '["x",true,"low"]',
            '["x",true,"high"]',
            '["x",true,null]',
            '{"type":"error","code":"invalid_message","message":"The message is not valid.","violations":[{"path":"text","message":"This value should be of type string."}],"id":3}',
            '{"type":"error","code":"invalid_message","message":"The message is not valid.","violations":[{"path":"n","message":"This field is missing."}]}',
            '{"type":"error","code":"invalid_message","message":"The message is not valid.","violations":[{"path":"level","message":"This value should be of type one of the allowed values."}]}',
            '{"type":"error","code":"invalid_message","message":"The message is not valid.","violations":[{"path":"text","message":"This field is missing."}]}',
        ], \array_slice($this->talk(new ChatHandler(), [
            '{"type":"field","text":"x","n":1}',
            '{"type":"field","text":"x","n":1.5,"level":"high"}',
            '{"type":"field","text":"x","n":2,"level":null}',
            '{"type":"field","text":5,"n":1,"id":3}',
            '{"type":"field","text":"x"}',
            '{"type":"field","text":"x","n":1,"level":"none"}',
            '{"type":"field","data":"x"}',
        ]), 1));
    }

    /**
     * @dataProvider badMessages
     */
    #[DataProvider('badMessages')]
    public function testBadMessageIsAnsweredWithAnErrorFrame(string $message, string $code, string $expected): void
    {
        $handler = new ChatHandler();
        $connection = new StubConnection('/chat/lobby');
        $dispatcher = HandlerDispatcher::of([$handler]);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, $message, false);

        self::assertSame($expected, $connection->sent[1]);
        self::assertSame([$code => 1], $dispatcher->refused());
        self::assertNull($connection->closed, 'the connection stays');
        self::assertSame([], $handler->calls, 'it is no failure of the handler');
    }

    /**
     * @return iterable<array{string, string, string}>
     */
    public static function badMessages(): iterable
    {
        yield ['nonsense', 'invalid_json', '{"type":"error","code":"invalid_json","message":"A message is a JSON object in a text frame: Syntax error."}'];
        yield ['', 'invalid_json', '{"type":"error","code":"invalid_json","message":"A message is a JSON object in a text frame: Syntax error."}'];
        yield [str_repeat('[', 1000), 'invalid_json', '{"type":"error","code":"invalid_json","message":"A message is a JSON object in a text frame: Maximum stack depth exceeded."}'];
        yield ['5', 'invalid_message', '{"type":"error","code":"invalid_message","message":"A message is a JSON object."}'];
        yield ['{"type":5}', 'invalid_message', '{"type":"error","code":"invalid_message","message":"The field \"type\" must be a string, int given."}'];
        yield ['{"type":"say","id":[]}', 'invalid_message', '{"type":"error","code":"invalid_message","message":"The field \"id\" must be a string or an integer, array given."}'];
        yield ['{"type":"say","data":"x","id":1}', 'invalid_message', '{"type":"error","code":"invalid_message","message":"The field \"data\" must be an object or a list, string given.","id":1}'];
        yield ['{"type":"refuse"}', 'invalid_message', '{"type":"error","code":"invalid_message","message":"No.","violations":[{"path":"text","message":"Too long."}]}'];
    }

    public function testUnknownTypeAndBinaryFramesWithoutAMethod(): void
    {
        $handler = new #[\Ferry\Attribute\AsWsHandler('/')] class {
            #[\Ferry\Attribute\OnMessage('known')]
            public function known(): void
            {
            }
        };
        $connection = new StubConnection('/');
        $dispatcher = HandlerDispatcher::of([$handler]);
        $dispatcher->onOpen($connection);
        $dispatcher->onMessage($connection, '{"type":"'.str_repeat('é', 100).'","id":9}', false);
        $dispatcher->onMessage($connection, '{}', false);
        $dispatcher->onMessage($connection, 'x', true);

        self::assertSame([
            'There is no message of type "'.str_repeat('é', 64).'…" here.',
            'The field "type" is missing.',
            'A message is a JSON object in a text frame, not a binary frame.',
        ], array_map(static fn (string $sent): string => json_decode($sent)->message, $connection->sent));
        self::assertSame(['unknown_type' => 1, 'invalid_message' => 2], $dispatcher->refused());
    }

    public function testFailureGoesToOnErrorWithItsMessage(): void
    {
        $handler = new ChatHandler();
        [$connection, $dispatcher] = $this->open($handler);

        $this->failOn($dispatcher, $connection, '{"type":"throw","id":1}');

        self::assertSame([['error', 'asked to throw', 'throw']], $handler->calls);
        self::assertSame('{"sorry":"asked to throw"}', $connection->sent[1]);
    }

    public function testFailureWithoutOnErrorIsLoggedAndAnswered(): void
    {
        $handler = new #[\Ferry\Attribute\AsWsHandler('/')] class {
            #[\Ferry\Attribute\OnMessage]
            public function any(): never
            {
                throw new \DomainException('secret');
            }
        };
        $logger = new class extends AbstractLogger {
            /** @var list<mixed> */
            public array $records = [];

            public function log($level, $message, array $context = []): void
            {
                $this->records[] = [$level, $context['message'], $context['exception']::class];
            }
        };
        [$connection, $dispatcher] = $this->open($handler, '/', logger: $logger);

        $this->failOn($dispatcher, $connection, '{"type":"x","id":"q"}');

        self::assertSame(['{"type":"error","code":"internal_error","message":"Something went wrong on the server.","id":"q"}'], $connection->sent);
        self::assertSame([['error', 'secret', \DomainException::class]], $logger->records);
        self::assertNull($connection->closed);
        $dispatcher->onError(null, new \DomainException('of a timer'));
        self::assertSame('of a timer', $logger->records[1][1]);
    }

    public function testConnectionWhoseOpenFailsIsClosed(): void
    {
        $handler = new #[\Ferry\Attribute\AsWsHandler('/{how}')] class {
            #[\Ferry\Attribute\OnOpen]
            public function open(string $how): void
            {
                throw 'refuse' === $how ? RefusedException::accessDenied() : new \DomainException();
            }
        };
        [$refused] = $this->open($handler, '/refuse');
        self::assertSame([1008, 'access_denied'], $refused->closed);
        self::assertSame(['{"type":"error","code":"access_denied","message":"Access denied."}'], $refused->sent);

        $failed = new StubConnection('/fail');
        $dispatcher = HandlerDispatcher::of([$handler]);

        try {
            $dispatcher->onOpen($failed);
            self::fail('the Runner must see the failure');
        } catch (\DomainException $e) {
            $dispatcher->onError($failed, $e);
        }

        self::assertSame([1011, 'Could not open'], $failed->closed);
    }

    public function testCloseForgetsTheConnection(): void
    {
        $handler = new ChatHandler();
        [$connection, $dispatcher] = $this->open($handler);
        $weak = \WeakReference::create($connection);

        $dispatcher->onClose($connection, 1000, 'bye');
        $dispatcher->onMessage($connection, '{"type":"quiet"}', false);
        self::assertSame([['close', 1000, 'bye', 'lobby']], $handler->calls);
        unset($connection);
        self::assertNull($weak->get());

        [$connection, $dispatcher] = $this->open($handler);
        $weak = \WeakReference::create($connection);

        try {
            $dispatcher->onClose($connection, 1006, 'throw');
            self::fail('the Runner must see the failure');
        } catch (\DomainException $e) {
            $dispatcher->onError($connection, $e);
        }

        self::assertSame(['error', 'asked to throw', null], $handler->calls[2]);
        unset($connection, $e);
        self::assertNull($weak->get());
    }

    public function testScopesAreLeftInReverseWhateverHappens(): void
    {
        $log = [];
        $scope = static function (string $name) use (&$log): ScopeInterface { return new class($name, $log) implements ScopeInterface {
            /** @param list<string> $log */
            public function __construct(private readonly string $name, private array &$log)
            {
            }

            public function enter(Envelope $envelope): void
            {
                if ('b' === $this->name && 'deny' === $envelope->message?->type) {
                    throw RefusedException::unauthenticated();
                }

                $this->log[] = "+$this->name $envelope->event";
            }

            public function leave(Envelope $envelope, ?\Throwable $error): void
            {
                $this->log[] = "-$this->name".(null === $error ? '' : ' '.$error->getMessage());
            }
        }; };
        [$connection, $dispatcher] = $this->open(new ChatHandler(), enclosing: [$scope('a'), $scope('b')]);
        self::assertSame(['+a open', '+b open', '-b', '-a'], $log);

        $log = [];
        $dispatcher->onMessage($connection, '{"type":"deny"}', false);
        self::assertSame(['+a message', '-a Authentication is required.'], $log);
        self::assertSame('{"type":"error","code":"unauthenticated","message":"Authentication is required."}', $connection->sent[1]);

        $log = [];
        $this->failOn($dispatcher, $connection, '{"type":"throw"}');
        self::assertSame(['+a message', '+b message', '-b asked to throw', '-a asked to throw', '+a error', '+b error', '-b', '-a'], $log);

        $log = [];
        $dispatcher->onClose($connection, 1000, '');
        self::assertSame(['+a close', '+b close', '-b', '-a'], $log);
    }

    public function testAdmissionsDecideInTurn(): void
    {
        $gate = static fn (Identity|bool|int|null $answer, array &$seen) => new class($answer, $seen) implements AdmissionInterface {
            /** @param list<mixed> $seen */
            public function __construct(private readonly Identity|bool|int|null $answer, private array &$seen)
            {
            }

            public function admit(object $handshake, HandlerDescriptor $handler, array $route, ?object $identity): Identity|bool|int|null
            {
                $this->seen[] = [$route, $identity?->userIdentifier];

                return $this->answer;
            }
        };
        $seen = [];
        $ask = static fn (array $gates, string $path = '/chat/x') => HandlerDispatcher::of([new ChatHandler()], gates: $gates)->onHandshake(StubConnection::handshakeFor($path));
        $alice = new Identity('alice');

        self::assertNull($ask([]));
        self::assertSame(404, $ask([], '/elsewhere'));
        self::assertSame($alice, $ask([$gate($alice, $seen), $gate(null, $seen), $gate(true, $seen)]));
        self::assertSame([[['room' => 'x', 'page' => '1'], null], [['room' => 'x', 'page' => '1'], 'alice'], [['room' => 'x', 'page' => '1'], 'alice']], $seen);
        self::assertFalse($ask([$gate(false, $seen), $gate(418, $seen)]));
        self::assertSame(418, $ask([$gate($alice, $seen), $gate(418, $seen)]));
    }

    public function testHandlerInterfaceIsCalledAsItIs(): void
    {
        $handler = new RecordingHandler();
        [$connection, $dispatcher] = $this->open($handler, '/anything');

        self::assertSame(418, $dispatcher->onHandshake(StubConnection::handshakeFor('/x')));
        $dispatcher->onMessage($connection, 'no JSON', false);
        $this->failOn($dispatcher, $connection, 'throw');
        $dispatcher->onClose($connection, 1000, 'bye');

        self::assertSame([['open'], ['handshake'], ['message', 'no JSON', false], ['message', 'throw', false], ['error', 'asked to throw'], ['close', 1000, 'bye']], $handler->calls);
    }

    public function testExceptionsOfAFrameworkAreMapped(): void
    {
        $mapper = new class implements ExceptionMapperInterface {
            public function map(\Throwable $error): ?ErrorFrame
            {
                return $error instanceof \DomainException ? new ErrorFrame('not_that', 'Not that.') : null;
            }
        };
        [$connection, $dispatcher] = $this->open(new ChatHandler(), mappers: [$mapper]);
        $dispatcher->onMessage($connection, '{"type":"throw"}', false);

        self::assertSame('{"type":"error","code":"not_that","message":"Not that."}', $connection->sent[1]);
        self::assertSame(['not_that' => 1], $dispatcher->refused());
    }

    public function testResultsAreNormalised(): void
    {
        $handler = new #[\Ferry\Attribute\AsWsHandler('/')] class {
            #[\Ferry\Attribute\OnMessage('object')]
            public function object(): object
            {
                return new \ArrayObject([1]);
            }

            #[\Ferry\Attribute\OnMessage('fluent')]
            public function fluent(\Ferry\Middleware\Envelope $envelope): object
            {
                return $envelope->connection;
            }
        };
        $normalizer = new class implements ResultNormalizerInterface {
            public function normalize(object $result): mixed
            {
                return ['class' => $result::class];
            }
        };
        [$connection, $dispatcher] = $this->open($handler, '/', normalizer: $normalizer);
        $dispatcher->onMessage($connection, '{"type":"object"}', false);
        $dispatcher->onMessage($connection, '{"type":"fluent"}', false);

        self::assertSame(['{"class":"ArrayObject"}'], $connection->sent);
    }
}
