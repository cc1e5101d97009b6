<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Handler;

use Ferry\Handler\ResultNormalizerInterface;
use Symfony\Component\Serializer\Normalizer\NormalizerInterface;

/**
 * Objects that handlers return are sent as the Serializer has them.
 */
final class SerializerNormalizer implements ResultNormalizerInterface
{
    public function __construct(private readonly NormalizerInterface $serializer)
    {
    }

    public function normalize(object $result): mixed
    {
        return $this->serializer->normalize($result, 'json');
    }
}
