<?php

declare(strict_types=1);

namespace App\Entity;

use Doctrine\ORM\Mapping as ORM;
use Symfony\Component\Security\Core\User\PasswordAuthenticatedUserInterface;
use Symfony\Component\Security\Core\User\UserInterface;

// Not final: Doctrine's proxies extend it.
#[ORM\Entity]
#[ORM\Table(name: 'chat_user')]
class User implements UserInterface, PasswordAuthenticatedUserInterface
{
    #[ORM\Id]
    #[ORM\GeneratedValue(strategy: 'IDENTITY')]
    #[ORM\Column(type: 'integer')]
    private ?int $id = null;

    #[ORM\Column(type: 'string', length: 60, unique: true)]
    private string $username;

    #[ORM\Column(type: 'string', length: 100)]
    private string $name;

    /** Of the avatar, as in CSS. */
    #[ORM\Column(type: 'string', length: 7)]
    private string $color;

    #[ORM\Column(type: 'string', length: 255)]
    private string $password = '';

    #[ORM\Column(type: 'datetime_immutable', nullable: true)]
    private ?\DateTimeImmutable $lastSeenAt = null;

    public function __construct(string $username, string $name, string $color)
    {
        $this->username = $username;
        $this->name = $name;
        $this->color = $color;
    }

    public function getId(): ?int
    {
        return $this->id;
    }

    public function getName(): string
    {
        return $this->name;
    }

    public function getLastSeenAt(): ?\DateTimeImmutable
    {
        return $this->lastSeenAt;
    }

    public function seen(): void
    {
        $this->lastSeenAt = new \DateTimeImmutable();
    }

    public function setPassword(string $hash): void
    {
        $this->password = $hash;
    }

    public function getPassword(): string
    {
        return $this->password;
    }

    public function getUserIdentifier(): string
    {
        \assert('' !== $this->username);

        return $this->username;
    }

    /**
     * @return list<string>
     */
    public function getRoles(): array
    {
        return ['ROLE_USER'];
    }

    public function eraseCredentials(): void
    {
    }

    /** Symfony 5.4 asks for it. */
    public function getUsername(): string
    {
        return $this->username;
    }

    /** Symfony 5.4 asks for it. */
    public function getSalt(): ?string
    {
        return null;
    }

    /**
     * What others see of a user.
     *
     * @return array{username: string, name: string, color: string}
     */
    public function profile(): array
    {
        return ['username' => $this->username, 'name' => $this->name, 'color' => $this->color];
    }
}
