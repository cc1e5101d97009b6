<?php

declare(strict_types=1);

namespace Ferry\Tests\Unit\Hygiene;

use Ferry\Hygiene\IdleGarbageCollection;
use Ferry\Runner;
use Ferry\Runner\Progress;
use Ferry\Tests\Fixtures\RecordingHandler;
use PHPUnit\Framework\TestCase;

final class IdleGarbageCollectionTest extends TestCase
{
    public function testItCollectsAfterSoManyMessages(): void
    {
        $runner = new Runner(new RecordingHandler());
        $collection = new IdleGarbageCollection(100);
        $collection->started($runner, '');

        self::assertNotNull($this->cycle()->get());
        $held = $this->cycle();
        $collection->ticked($runner, new Progress(messagesIn: 99));
        self::assertNotNull($held->get(), 'not yet');
        $collection->ticked($runner, new Progress(messagesIn: 100));
        self::assertNull($held->get());

        $held = $this->cycle();
        $collection->ticked($runner, new Progress(messagesIn: 199));
        self::assertNotNull($held->get(), 'counted from the last time');
        $collection->ticked($runner, new Progress(messagesIn: 250));
        self::assertNull($held->get());
        self::assertFalse($collection->watchesEvents(), 'costs no message anything');
    }

    private function cycle(): \WeakReference
    {
        $object = new \stdClass();
        $object->self = $object;

        return \WeakReference::create($object);
    }
}
