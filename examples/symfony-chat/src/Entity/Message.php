<?php

declare(strict_types=1);

namespace App\Entity;

use Doctrine\ORM\Mapping as ORM;

// Not final: Doctrine's proxies extend it.
#[ORM\Entity]
#[ORM\Table(name: 'chat_message')]
class Message implements \JsonSerializable
{
    #[ORM\Id]
    #[ORM\GeneratedValue(strategy: 'IDENTITY')]
    #[ORM\Column(type: 'integer')]
    private ?int $id = null;

    #[ORM\ManyToOne(targetEntity: User::class)]
    #[ORM\JoinColumn(nullable: false)]
    private User $author;

    #[ORM\Column(type: 'text')]
    private string $text;

    #[ORM\Column(type: 'datetime_immutable')]
    private \DateTimeImmutable $sentAt;

    public function __construct(User $author, string $text)
    {
        $this->author = $author;
        $this->text = $text;
        $this->sentAt = new \DateTimeImmutable();
    }

    /**
     * The form in which the API and the socket send it.
     *
     * @return array{id: ?int, author: array{username: string, name: string, color: string}, text: string, sentAt: string}
     */
    public function jsonSerialize(): array
    {
        return [
            'id' => $this->id,
            'author' => $this->author->profile(),
            'text' => $this->text,
            'sentAt' => $this->sentAt->format(\DateTimeInterface::ATOM),
        ];
    }
}
