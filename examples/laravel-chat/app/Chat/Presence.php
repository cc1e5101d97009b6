<?php

declare(strict_types=1);

namespace App\Chat;

use App\Models\User;

/**
 * Who is here. A singleton: handlers are made anew for each event, what has to last lives in a service.
 */
final class Presence
{
    /** @var array<int, array{profile: array{username: string, name: string, color: string}, connections: int}> by user id: several tabs are one user */
    private array $present = [];

    /** @return bool whether this is the user's first connection */
    public function enter(User $user): bool
    {
        $this->present[$user->id] ??= ['profile' => $user->profile(), 'connections' => 0];

        return 1 === ++$this->present[$user->id]['connections'];
    }

    /** @return array{username: string, name: string, color: string}|null the user, when this was the last connection */
    public function leave(int $id): ?array
    {
        if (!isset($this->present[$id]) || 0 < --$this->present[$id]['connections']) {
            return null;
        }

        $profile = $this->present[$id]['profile'];
        unset($this->present[$id]);

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
