<?php

declare(strict_types=1);

// vendor/ when Composer has been run; else Debian's packages, for machines that have no Packagist.
if (is_file(__DIR__.'/vendor/autoload.php')) {
    require __DIR__.'/vendor/autoload.php';

    return;
}

if (!is_file('/usr/share/php/Illuminate/autoload.php')) {
    fwrite(\STDERR, 'Laravel is missing. Run "composer install" in '.__DIR__.", or on Debian:\n  apt-get install php-laravel-framework php-sqlite3\n");

    exit(1);
}

require_once '/usr/share/php/Illuminate/autoload.php';

spl_autoload_register(static function (string $class): void {
    foreach (['App\\' => __DIR__.'/app/', 'Tests\\' => __DIR__.'/tests/', 'Ferry\\' => __DIR__.'/../../php/'] as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = $folder.strtr(substr($class, \strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require $file;
            }

            return;
        }
    }
});
