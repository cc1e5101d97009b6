<?php

declare(strict_types=1);

namespace Ferry\Handler;

/**
 * Prepares an object that a handler has returned for json_encode(). Not asked about JsonSerializable and stdClass.
 */
interface ResultNormalizerInterface
{
    public function normalize(object $result): mixed;
}
