<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Foundation\Auth\User as Authenticatable;

/**
 * @property int    $id
 * @property string $name
 * @property string $api_token
 */
final class User extends Authenticatable
{
    public $timestamps = false;

    protected $table = 'users';

    protected $guarded = [];
}
