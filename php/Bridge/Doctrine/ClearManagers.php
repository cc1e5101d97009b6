<?php

declare(strict_types=1);

namespace Ferry\Bridge\Doctrine;

use Doctrine\ORM\EntityManagerInterface;
use Ferry\Hygiene\AfterEventInterface;

/**
 * Gives each event a fresh unit of work, as each request has one. Else every object that was ever loaded stays in memory,
 * and stays as it was when it was loaded.
 */
final class ClearManagers implements AfterEventInterface
{
    public function __construct(private readonly OpenServices $services)
    {
    }

    public function afterEvent(): void
    {
        foreach ($this->services->managers() as $manager) {
            if (!$manager instanceof EntityManagerInterface || $manager->isOpen()) {
                $manager->clear();
            }
        }
    }
}
