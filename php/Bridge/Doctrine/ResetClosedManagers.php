<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\ORM\EntityManagerInterface;
use Ferry\Hygiene\AfterEventInterface;

/**
 * Replaces entity managers that have closed themselves, as they do for good when a flush fails: a constraint that is
 * violated in one message would otherwise fail all those that follow.
 */
final class ResetClosedManagers implements AfterEventInterface
{
    public function __construct(private readonly OpenServices $services)
    {
    }

    public function afterEvent(): void
    {
        foreach ($this->services->managers() as $name => $manager) {
            if ($manager instanceof EntityManagerInterface && !$manager->isOpen()) {
                $this->services->registry->resetManager($name);
            }
        }
    }
}
