<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Symfony\Component\Validator\Constraints as Assert;

/** A message as an object. */
final class Post
{
    public function __construct(
        #[Assert\NotBlank]
        #[Assert\Length(max: 10)]
        public readonly string $text,
        public readonly int $priority = 0,
    ) {
    }
}
