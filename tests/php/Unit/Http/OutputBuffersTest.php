<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Http;

use Ferry\Handler\FiberContext;
use Ferry\Http\CapturedOutput;
use Ferry\Http\OutputBuffers;
use Ferry\Tests\Fixtures\Fibers;
use PHPUnit\Framework\TestCase;

final class OutputBuffersTest extends TestCase
{
    private int $level;

    protected function setUp(): void
    {
        $this->level = ob_get_level();
        ob_start();
    }

    protected function tearDown(): void
    {
        while (ob_get_level() > $this->level) {
            ob_end_clean();
        }
    }

    public function testInterleavedHandlersCaptureTheirOwnOutput(): void
    {
        $fibers = self::fibers();
        $outputs = [new CapturedOutput(100), new CapturedOutput(100)];
        $handle = static fn (int $number): \Fiber => $fibers->start(static fn () => $outputs[$number]->during(static function () use ($number): void {
            echo $number, 'a';
            \Fiber::suspend();
            echo $number, 'b';
            \Fiber::suspend();
            echo $number, 'c';
        }));

        $first = $handle(0);
        echo 'x';
        $second = $handle(1);
        $fibers->resume($first);
        $fibers->resume($second);
        // Not in the order in which they were opened.
        $fibers->resume($first);
        echo 'y';
        $fibers->resume($second);

        self::assertSame(['0a0b0c', '1a1b1c', 'xy', $this->level + 1], [$outputs[0]->content, $outputs[1]->content, ob_get_contents(), ob_get_level()]);
    }

    public function testBuffersOfTheApplicationFollow(): void
    {
        $fibers = self::fibers();
        $rendered = [];
        $handle = static function (string $name) use ($fibers, &$rendered): \Fiber {
            return $fibers->start(static function () use ($name, &$rendered): void {
                ob_start();
                echo $name.': ';
                ob_start();
                echo 'inner ';
                \Fiber::suspend();
                echo ob_get_clean().'outer';
                $rendered[] = ob_get_clean();
            });
        };

        $a = $handle('a');
        self::assertSame($this->level + 1, ob_get_level());
        $b = $handle('b');
        $fibers->resume($a);
        $fibers->resume($b);

        self::assertSame([['a: inner outer', 'b: inner outer'], ''], [$rendered, ob_get_contents()]);
    }

    public function testBufferThatCannotBeMadeAnewStays(): void
    {
        $fibers = self::fibers();
        $seen = '';
        $output = new CapturedOutput(100);
        $inside = static function () use (&$seen): void {
            ob_start(static function (string $part) use (&$seen): string {
                $seen .= $part;

                return strtoupper($part);
            });
            echo 'a';
            ob_start();
            echo 'b';
            \Fiber::suspend();
            ob_end_flush();
            echo 'c';
            ob_end_flush();
        };
        $fibers->resume($fibers->start(static fn () => $output->during($inside)));

        self::assertSame(['abc', 'ABC', $this->level + 1], [$seen, $output->content, ob_get_level()]);
    }

    public function testTaskBeginsWithTheBuffersOfItsHandler(): void
    {
        $buffers = new OutputBuffers();
        $output = new CapturedOutput(100);
        $output->during(static function () use ($buffers): void {
            echo 'before ';
            $state = $buffers->suspend();
            $buffers->resume($state);
            $buffers->suspend();
            $buffers->resume($state);
            echo 'task ';
            $buffers->suspend();
            $buffers->resume($state);
            echo 'after';
        });

        self::assertSame(['before task after', ''], [$output->content, ob_get_contents()]);
    }

    public function testHandlerThatIsUnwoundClosesNobodyElsesBuffer(): void
    {
        $context = new FiberContext([new OutputBuffers()]);
        $output = new CapturedOutput(100);
        $fiber = new \Fiber(static fn () => $output->during(static fn () => \Fiber::suspend()));
        $fiber->start();
        $context->suspend();
        unset($fiber);
        gc_collect_cycles();

        self::assertSame($this->level + 1, ob_get_level());
    }

    public function testNothingAboveTheLimitIsKept(): void
    {
        $output = new CapturedOutput(10);
        $output->during(static function (): void {
            echo str_repeat('x', 200_000);
        });

        self::assertSame(11, \strlen($output->content));
    }

    private static function fibers(): Fibers
    {
        return new Fibers(new FiberContext([new OutputBuffers()]));
    }
}
