<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Connection;
use Ferry\Handler\HandlerDispatcher;
use Ferry\HandlerInterface;
use Ferry\Http\CapturedOutput;
use Ferry\Runner;
use Ferry\Testing\WsTestTrait;
use PHPUnit\Framework\TestCase;

/**
 * Handlers in the server's own fibers, all of which print something, wait until the last has come, and print more.
 */
final class OutputInFibersTest extends TestCase
{
    use WsTestTrait;

    private const CLIENTS = 5;

    protected function wsHandler(): Runner|HandlerInterface
    {
        return new Runner(HandlerDispatcher::of([new PrintingHandler(self::CLIENTS)]), ['fibers' => true]);
    }

    public function testEachHandlerHasItsOwnOutput(): void
    {
        $level = ob_get_level();
        ob_start();

        try {
            $clients = [];

            for ($i = 0; $i < self::CLIENTS; ++$i) {
                $clients[$i] = $this->wsConnect('/print');
            }

            foreach ($clients as $client) {
                $client->send('print');
            }

            foreach ($clients as $client) {
                $client->assertReceivedJson(['captured' => true, 'rendered' => true, 'level' => 1]);
            }

            self::assertSame($level + 1, ob_get_level());
            self::assertSame('', ob_get_contents());
        } finally {
            while (ob_get_level() > $level) {
                ob_end_clean();
            }
        }
    }
}

/** @internal */
#[AsWsHandler('/print')]
final class PrintingHandler
{
    private int $begun = 0;

    public function __construct(private readonly int $clients)
    {
    }

    /**
     * @return array{captured: bool, rendered: bool, level: int}
     */
    #[OnMessage(raw: true)]
    public function print(Connection $connection): array
    {
        ++$this->begun;
        $level = ob_get_level();
        $rendered = '';
        $output = new CapturedOutput(1000);
        $output->during(function () use ($connection, &$rendered): void {
            echo 'begin ';
            ob_start();
            echo $connection->id;
            // A task has buffers of its own, too.
            $task = \Ferry\async(static function (): string {
                ob_start();
                echo 'task ';
                \Ferry\delay(0.002);
                echo 'ends';

                return (string) ob_get_clean();
            });

            while ($this->begun < $this->clients) {
                \Ferry\delay(0.002);
            }

            $rendered = $task->await();
            echo ' end';
            ob_end_flush();
        });

        return ['captured' => 'begin '.$connection->id.' end' === $output->content, 'rendered' => 'task ends' === $rendered, 'level' => ob_get_level() - $level + 1];
    }
}
