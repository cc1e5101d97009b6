<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Foundation\Auth\User as Authenticatable;

/**
 * Another kind of user, with the same identifiers.
 */
final class Admin extends Authenticatable
{
    public $timestamps = false;

    protected $table = 'users';
}
