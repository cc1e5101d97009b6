<?php

declare(strict_types=1);

namespace Ferry\Exception;

/**
 * The server, or the broker between, cannot be reached or did not answer in time.
 */
final class PublisherUnreachableException extends PublishException
{
}
