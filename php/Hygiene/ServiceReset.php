<?php

declare(strict_types=1);

namespace Ferry\Hygiene;

/**
 * Gives the framework's services back the state that they had at the start.
 */
final class ServiceReset implements ServiceResetInterface
{
    /**
     * @param \Closure(): mixed $reset as `services_resetter->reset(...)` in Symfony
     */
    public function __construct(private readonly \Closure $reset)
    {
    }

    public function afterEvent(): void
    {
        ($this->reset)();
    }
}
