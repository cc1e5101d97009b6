<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Handler\CurrentEvent;
use Ferry\Handler\Session;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;

/**
 * Symfony's token storage, which looks for the token of an event when it is asked for the first time.
 *
 * @internal
 */
final class LazyTokenStorage extends TokenStorage
{
    private ?CurrentEvent $current = null;

    /** @var (\Closure(Session): ?TokenInterface)|null */
    private ?\Closure $find = null;

    /** Whether the storage has the token of the current event, or what the handler has set in its place. */
    private bool $settled = false;

    /**
     * @param \Closure(Session): ?TokenInterface $find gives the token of a connection
     */
    public function follow(CurrentEvent $current, \Closure $find): void
    {
        $this->current = $current;
        $this->find = $find;
    }

    /** The event has ended. */
    public function clear(): void
    {
        parent::setToken(null);
        $this->settled = false;
    }

    /**
     * @return array{bool, ?TokenInterface}
     */
    public function suspend(): array
    {
        $state = [$this->settled, parent::getToken()];
        $this->clear();

        return $state;
    }

    /**
     * @param array{bool, ?TokenInterface} $state
     */
    public function resume(array $state): void
    {
        [$this->settled, $token] = $state;
        parent::setToken($token);
    }

    public function getToken(): ?TokenInterface
    {
        if (!$this->settled && null !== ($session = $this->current?->session()) && null !== $this->find) {
            $this->settle();
            parent::setToken(($this->find)($session));
        }

        return parent::getToken();
    }

    public function setToken(?TokenInterface $token = null): void
    {
        // Services that are reset between two events leave nothing behind.
        if (null !== $token || null !== $this->current?->subject) {
            $this->settle();
        }

        parent::setToken($token);
    }

    public function setInitializer(?callable $initializer): void
    {
        $this->settle();
        parent::setInitializer($initializer);
    }

    private function settle(): void
    {
        if (null !== $this->current) {
            // What is set between two events is nobody's in the next one, and gone after it.
            $this->settled = null !== $this->current->subject;
            $this->current->touched = true;
        }
    }
}
