<?php

declare(strict_types=1);

namespace App\Chat;

use App\Entity\Message;
use App\Entity\User;
use Doctrine\ORM\EntityManagerInterface;

/**
 * Reads and writes messages, for the API and the socket alike.
 */
final class Messages
{
    public const MAX_LENGTH = 2000;
    public const PAGE = 50;

    public function __construct(private readonly EntityManagerInterface $entityManager)
    {
    }

    /**
     * The last messages, oldest first.
     *
     * @param ?int $before only those with a lower id
     *
     * @return list<Message>
     */
    public function recent(int $limit = self::PAGE, ?int $before = null): array
    {
        $query = $this->entityManager
            ->createQuery(sprintf(
                'SELECT message, author FROM %s message JOIN message.author author %s ORDER BY message.id DESC',
                Message::class,
                null === $before ? '' : 'WHERE message.id < :before',
            ))
            ->setMaxResults($limit);

        if (null !== $before) {
            $query->setParameter('before', $before);
        }

        /** @var list<Message> $messages */
        $messages = $query->getResult();

        return array_reverse($messages);
    }

    /**
     * @throws InvalidMessageException for an empty or too long text
     */
    public function post(User $author, mixed $text): Message
    {
        $text = \is_string($text) ? trim($text) : '';

        if ('' === $text) {
            throw new InvalidMessageException('invalid_text', 'A message needs a text.');
        }

        if (mb_strlen($text) > self::MAX_LENGTH) {
            throw new InvalidMessageException('text_too_long', sprintf('A message has at most %d characters, this one has %d.', self::MAX_LENGTH, mb_strlen($text)));
        }

        $message = new Message($author, $text);
        $author->seen();
        $this->entityManager->persist($message);
        $this->entityManager->flush();

        return $message;
    }
}
