<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security;

use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handshake;
use Ferry\Identity;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authorization\AuthorizationCheckerInterface;

/**
 * Checks #[IsGranted] on a handler's class before the upgrade: 401 for visitors, 403 for users.
 */
final class GrantedAdmission implements AdmissionInterface
{
    /** @var array<class-string, list<mixed>> what has to be granted, by class of handler */
    private array $attributes = [];

    public function __construct(
        private readonly TokenStorageInterface $tokens,
        private readonly AuthorizationCheckerInterface $checker,
        private readonly Users $users,
        private readonly string $firewall = 'ferry',
    ) {
    }

    public function admit(Handshake $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity|bool|int|null
    {
        $attributes = $this->attributes[$handler->class] ??= $this->read($handler->class);

        if ([] === $attributes) {
            return null;
        }

        $identity ??= $handshake->identity();
        $token = null === $identity || '' === $identity->userIdentifier ? null : $this->users->token($identity, $this->firewall);

        try {
            $this->tokens->setToken($token);

            foreach ($attributes as $attribute) {
                if (!$this->checker->isGranted($attribute)) {
                    return null === $token?->getUser() ? 401 : 403;
                }
            }
        } finally {
            $this->tokens->setToken(null);
        }

        return null;
    }

    /**
     * @param class-string $class
     *
     * @return list<mixed> without those that have a subject, which only a call has
     */
    private function read(string $class): array
    {
        return array_column(array_filter(GrantedAttributes::of(new \ReflectionClass($class)), static fn (array $one): bool => null === $one['subject']), 'attribute');
    }
}
