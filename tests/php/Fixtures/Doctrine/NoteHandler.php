<?php

declare(strict_types=1);

namespace Ferry\Tests\Fixtures\Doctrine;

use Doctrine\ORM\EntityManagerInterface;
use Ferry\Connection;
use Ferry\HandlerInterface;
use Ferry\Tests\Fixtures\RecordingLogger;

/**
 * Writes notes. Messages are "<command> <text>", see answer().
 */
final class NoteHandler implements HandlerInterface
{
    private int $largestUnitOfWork = 0;

    public function __construct(private readonly Registry $registry, private readonly RecordingLogger $logger)
    {
    }

    public function onOpen(Connection $connection): void
    {
    }

    public function onMessage(Connection $connection, string $data, bool $binary): void
    {
        [$command, $text] = explode(' ', $data, 2) + [1 => ''];
        $connection->send($this->answer($command, $text));
    }

    public function onClose(Connection $connection, int $code, string $reason): void
    {
    }

    public function onError(?Connection $connection, \Throwable $error): void
    {
        $connection?->send('error '.$error::class);
    }

    private function answer(string $command, string $text): string
    {
        $manager = $this->registry->getManager();
        \assert($manager instanceof EntityManagerInterface);
        $this->largestUnitOfWork = max($this->largestUnitOfWork, $manager->getUnitOfWork()->size());

        if ('stats' === $command) {
            gc_collect_cycles();

            return (string) json_encode([
                'memory' => memory_get_usage(),
                'largestUnitOfWork' => $this->largestUnitOfWork,
                'transactions' => $this->registry->connection->getTransactionNestingLevel(),
                'notes' => (int) $this->registry->connection->fetchOne('SELECT COUNT(*) FROM ferry_note'),
                'warnings' => $this->logger->messages('warning'),
            ]);
        }

        if ('add' !== $command) {
            $manager->getConnection()->beginTransaction();
        }

        $manager->persist(new Note($text));
        $manager->flush();

        if ('throw' === $command) {
            throw new \DomainException('in the transaction');
        }

        return $command.' '.$text;
    }
}
