<?php

declare(strict_types=1);

namespace Ferry\Tests\Symfony\Security;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorageInterface;
use Symfony\Component\Security\Core\Authorization\AuthorizationCheckerInterface;
use Symfony\Component\Security\Core\User\UserInterface;
use Symfony\Component\Security\Http\Attribute\CurrentUser;
use Symfony\Component\Security\Http\Attribute\IsGranted;

#[AsWsHandler('/chat')]
final class SecuredHandler
{
    public function __construct(private readonly AuthorizationCheckerInterface $checker, private readonly TokenStorageInterface $tokens)
    {
    }

    #[OnMessage('nothing')]
    public function nothing(): string
    {
        return 'done';
    }

    /**
     * @return array<string, mixed>
     */
    #[OnMessage('who')]
    public function who(#[CurrentUser] ?UserInterface $user): array
    {
        return ['user' => $user?->getUserIdentifier(), 'roles' => $this->tokens->getToken()?->getRoleNames(), 'same' => $user === $this->tokens->getToken()?->getUser()];
    }

    /**
     * Asks who the client is, waits, and asks again.
     *
     * @return list<mixed>
     */
    #[OnMessage('wait')]
    public function wait(#[CurrentUser] ?UserInterface $user): array
    {
        $ask = fn (): array => [$this->tokens->getToken()?->getUserIdentifier(), $this->checker->isGranted('ROLE_ADMIN')];
        $before = $ask();
        \Fiber::suspend();

        return [$user?->getUserIdentifier(), ...$before, ...$ask()];
    }

    #[OnMessage('me')]
    public function me(#[CurrentUser] Person $user): string
    {
        return $user->name;
    }

    #[OnMessage('granted')]
    public function granted(#[MapField] string $attribute): string
    {
        return $this->checker->isGranted($attribute) ? 'yes' : 'no';
    }

    #[OnMessage('admin')]
    #[IsGranted('ROLE_ADMIN', message: 'Admins only.')]
    public function admin(): string
    {
        return 'admin';
    }

    #[OnMessage('edit')]
    #[IsGranted('EDIT', subject: 'owner')]
    public function edit(#[MapField] string $owner): string
    {
        return 'edited';
    }

    #[OnMessage('throw')]
    public function throw(#[CurrentUser] UserInterface $user): never
    {
        throw new \DomainException($user->getUserIdentifier());
    }
}
