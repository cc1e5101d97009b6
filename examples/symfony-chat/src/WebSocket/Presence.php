<?php

declare(strict_types=1);

namespace App\WebSocket;

use App\Entity\User;

/**
 * Who is here. It keeps profiles, not entities: those belong to the event that loaded them.
 */
final class Presence
{
    /** @var array<string, array{profile: array{username: string, name: string, color: string}, connections: int}> by username: several tabs are one user */
    private array $present = [];

    /** @return bool whether this is the user's first connection */
    public function enter(User $user): bool
    {
        $this->present[$user->getUserIdentifier()] ??= ['profile' => $user->profile(), 'connections' => 0];

        return 1 === ++$this->present[$user->getUserIdentifier()]['connections'];
    }

    /** @return array{username: string, name: string, color: string}|null the user, when this was the last connection */
    public function leave(string $username): ?array
    {
        if (!isset($this->present[$username]) || 0 < --$this->present[$username]['connections']) {
            return null;
        }

        $profile = $this->present[$username]['profile'];
        unset($this->present[$username]);

        return $profile;
    }

    /**
     * @return list<array{username: string, name: string, color: string}>
     */
    public function users(): array
    {
        return array_column($this->present, 'profile');
    }
}
