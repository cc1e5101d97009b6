<?php

declare(strict_types=1);

namespace Ferry\Publish;

use Ferry\Exception\PublishException;

/**
 * A publisher that takes many events at once, in one request.
 */
interface BatchPublisherInterface extends PublisherInterface
{
    /**
     * Delivers in order. A batch that the server refuses is refused as a whole; of more than 500 events each 500 are a batch.
     *
     * @param iterable<Publication> $publications
     *
     * @return list<int> for each, the connections that got it
     *
     * @throws PublishException
     */
    public function publishAll(iterable $publications): array;
}
