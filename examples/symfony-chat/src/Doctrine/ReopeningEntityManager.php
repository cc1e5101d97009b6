<?php

declare(strict_types=1);

namespace App\Doctrine;

use Doctrine\ORM\Decorator\EntityManagerDecorator;

/**
 * An entity manager that can be replaced under the services that hold it.
 *
 * Doctrine closes an entity manager for good when a flush fails. A request ends soon after; a server lives on, and all its
 * services got their entity manager in the constructor. DoctrineBundle has lazy services for this.
 */
final class ReopeningEntityManager extends EntityManagerDecorator
{
    public function __construct(private readonly EntityManagerFactory $factory)
    {
        parent::__construct($factory->create());
    }

    public function reopen(): void
    {
        $this->wrapped = $this->factory->create();
    }
}
