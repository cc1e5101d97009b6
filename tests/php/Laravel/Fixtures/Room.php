<?php

declare(strict_types=1);

namespace Ferry\Tests\Laravel\Fixtures;

use Illuminate\Database\Eloquent\Model;

/**
 * @property int    $id
 * @property string $slug
 * @property int    $owner_id
 */
final class Room extends Model
{
    public $timestamps = false;

    protected $table = 'rooms';

    protected $guarded = [];
}
