<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Unit;

use Ferry\Bridge\Laravel\Handler\PlainMessage;
use Ferry\Exception\RefusedException;
use PHPUnit\Framework\TestCase;

final class PlainMessageTest extends TestCase
{
    public function testValueOfNoneOfSeveralTypesIsTheClientsFault(): void
    {
        $class = (new class(0) {
            public function __construct(public readonly int|string|false $to, public readonly \Countable|\Traversable|null $list = null)
            {
            }
        })::class;

        foreach ([5, 'bob', false] as $to) {
            self::assertSame($to, PlainMessage::make($class, ['to' => $to])->to);
        }

        foreach ([['to' => ['bob']], ['to' => true], ['to' => null], ['to' => 5, 'list' => [1]]] as $data) {
            try {
                PlainMessage::make($class, $data);
                self::fail('It was made of '.json_encode($data));
            } catch (RefusedException $e) {
                self::assertCount(1, $e->errorFrame()->violations);
            }
        }
    }
}
