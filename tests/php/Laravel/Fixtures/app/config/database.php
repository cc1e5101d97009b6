<?php

declare(strict_types=1);

return [
    'default' => 'sqlite',
    'connections' => [
        'sqlite' => ['driver' => 'sqlite', 'database' => $_SERVER['FERRY_TEST_DATABASE'] ?? ':memory:', 'prefix' => '', 'foreign_key_constraints' => true],
    ],
];
