<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Handler;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnError;
use Ferry\Attribute\OnMessage;
use Ferry\Attribute\OnOpen;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Handler\ScopeInterface;
use Ferry\Middleware\Envelope;
use Ferry\Tests\Fixtures\StubConnection;
use PHPUnit\Framework\TestCase;

/**
 * What must be done however much fails.
 */
final class FailureTest extends TestCase
{
    public function testEveryScopeIsLeftThoughOneFailsToBe(): void
    {
        $left = [];
        $scope = static function (string $name, bool $fails) use (&$left): ScopeInterface { return new class($left, $name, $fails) implements ScopeInterface {
            /** @param list<string> $left */
            public function __construct(private array &$left, private readonly string $name, private readonly bool $fails)
            {
            }

            public function enter(Envelope $envelope): void
            {
            }

            public function leave(Envelope $envelope, ?\Throwable $error): void
            {
                $this->left[] = $this->name;

                if ($this->fails) {
                    throw new \DomainException($this->name.' fails');
                }
            }
        }; };
        $dispatcher = HandlerDispatcher::of([new FailingHandler()], enclosing: [$scope('outer', false), $scope('middle', true), $scope('inner', true)]);
        $connection = new StubConnection('/any');

        foreach (['onOpen' => [], 'onMessage' => ['{"type":"fine"}', false], 'onClose' => [1000, '']] as $event => $arguments) {
            $left = [];

            try {
                $dispatcher->{$event}($connection, ...$arguments);
                self::fail('the Runner must see the failure');
            } catch (\DomainException $e) {
                self::assertSame('inner fails', $e->getMessage(), 'the first one counts');
            }

            self::assertSame(['inner', 'middle', 'outer'], $left, $event);
        }
    }

    public function testConnectionWhoseOpenFailsIsClosedThoughOnErrorHasSeenIt(): void
    {
        $handler = new FailingHandler();
        $dispatcher = HandlerDispatcher::of([$handler]);
        $connection = new StubConnection('/fail');

        try {
            $dispatcher->onOpen($connection);
            self::fail('the Runner must see the failure');
        } catch (\DomainException $e) {
            $dispatcher->onError($connection, $e);
        }

        self::assertSame([$e], $handler->errors);
        self::assertSame([1011, 'Could not open'], $connection->closed);
    }
}

#[AsWsHandler('/{how}')]
final class FailingHandler
{
    /** @var list<\Throwable> */
    public array $errors = [];

    #[OnOpen]
    public function open(string $how): void
    {
        if ('fail' === $how) {
            throw new \DomainException();
        }
    }

    #[OnMessage('fine')]
    public function fine(): void
    {
    }

    #[OnError]
    public function failed(\Throwable $error): void
    {
        $this->errors[] = $error;
    }
}
