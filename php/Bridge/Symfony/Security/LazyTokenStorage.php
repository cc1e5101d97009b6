<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;
use Symfony\Component\Security\Core\Authentication\Token\TokenInterface;

/**
 * Symfony's token storage with one more way to give it a token: a property, for the scope that does so with every message.
 * Most messages are handled without that anybody asks who sent them.
 *
 * @internal
 */
final class LazyTokenStorage extends TokenStorage
{
    /** What getToken() will find, unless setToken() comes first; null when neither has to be looked at. */
    public ConnectionToken|RememberedConnectionToken|null $next = null;

    /** Whether there may be a token beside $next. */
    public bool $touched = false;

    public function getToken(): ?TokenInterface
    {
        if (null !== $token = $this->next) {
            $this->setToken($token);
        }

        return parent::getToken();
    }

    public function setToken(?TokenInterface $token = null): void
    {
        $this->next = null;
        $this->touched = null !== $token;
        parent::setToken($token);
    }

    public function setInitializer(?callable $initializer): void
    {
        $this->next = null;
        $this->touched = true;
        parent::setInitializer($initializer);
    }
}
