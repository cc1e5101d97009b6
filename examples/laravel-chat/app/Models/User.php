<?php

declare(strict_types=1);

namespace App\Models;

use Illuminate\Foundation\Auth\User as Authenticatable;

/**
 * @property int    $id
 * @property string $username
 * @property string $name
 * @property string $color    of the avatar, as in CSS
 * @property string $password
 */
final class User extends Authenticatable
{
    protected $fillable = ['username', 'name', 'color', 'password', 'last_seen_at'];

    protected $hidden = ['password'];

    public function seen(): void
    {
        $this->forceFill(['last_seen_at' => now()])->save();
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
