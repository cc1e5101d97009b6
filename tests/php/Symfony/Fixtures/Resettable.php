<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Fixtures;

use Symfony\Contracts\Service\ResetInterface;

final class Resettable implements ResetInterface
{
    public int $resets = 0;

    public function reset(): void
    {
        ++$this->resets;
    }
}
