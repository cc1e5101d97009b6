<?php

declare(strict_types=1);

namespace App\Command;

use App\Entity\User;
use Doctrine\ORM\EntityManagerInterface;
use Doctrine\ORM\Tools\SchemaTool;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\Console\Style\SymfonyStyle;
use Symfony\Component\PasswordHasher\Hasher\UserPasswordHasherInterface;

/**
 * Makes what the application needs, and leaves alone what is there.
 */
#[AsCommand(name: 'app:setup', description: 'Create the secret, the tables and the demo accounts where they are missing')]
final class SetupCommand extends Command
{
    /** Username, which is the password too, => name and colour. */
    private const ACCOUNTS = ['alice' => ['Alice', '#c2410c'], 'bob' => ['Bob', '#0f766e']];

    public function __construct(
        private readonly EntityManagerInterface $entityManager,
        private readonly UserPasswordHasherInterface $hasher,
        private readonly string $jwtSecretFile,
    ) {
        parent::__construct();
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $made = array_filter([$this->makeSecret(), ...$this->makeTables(), ...$this->makeAccounts()]);

        (new SymfonyStyle($input, $output))->success([] === $made ? 'Everything is there already.' : 'Made '.implode(', ', $made).'.');

        return Command::SUCCESS;
    }

    private function makeSecret(): ?string
    {
        if (is_file($this->jwtSecretFile)) {
            return null;
        }

        if (!is_dir($dir = \dirname($this->jwtSecretFile))) {
            mkdir($dir, 0777, true);
        }

        // Never readable by others, not even for a moment.
        $mask = umask(0077);
        file_put_contents($this->jwtSecretFile, bin2hex(random_bytes(32)));
        umask($mask);

        return 'the secret for tokens';
    }

    /**
     * @return list<string>
     */
    private function makeTables(): array
    {
        $schema = $this->entityManager->getConnection()->createSchemaManager();
        $missing = [];

        // Not SchemaTool::updateSchema(), which drops the tables of others.
        foreach ($this->entityManager->getMetadataFactory()->getAllMetadata() as $metadata) {
            if (!$schema->tablesExist([$metadata->getTableName()])) {
                $missing[$metadata->getTableName()] = $metadata;
            }
        }

        (new SchemaTool($this->entityManager))->createSchema(array_values($missing));

        return array_map(static fn (string $table): string => 'table '.$table, array_keys($missing));
    }

    /**
     * @return list<string>
     */
    private function makeAccounts(): array
    {
        $users = $this->entityManager->getRepository(User::class);
        $made = [];

        foreach (self::ACCOUNTS as $username => [$name, $color]) {
            if (null !== $users->findOneBy(['username' => $username])) {
                continue;
            }

            $user = new User($username, $name, $color);
            $user->setPassword($this->hasher->hashPassword($user, $username));
            $this->entityManager->persist($user);
            $made[] = sprintf('account %s', $username);
        }

        $this->entityManager->flush();

        return $made;
    }
}
