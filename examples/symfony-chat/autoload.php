<?php

declare(strict_types=1);

// vendor/ when Composer has been run; else Debian's packages, for machines that have no Packagist.
if (is_file(__DIR__.'/vendor/autoload.php')) {
    require __DIR__.'/vendor/autoload.php';

    return;
}

$share = '/usr/share/php';
$packages = [
    'Doctrine/ORM',
    'Symfony/Bridge/Doctrine',
    'Symfony/Bundle/FrameworkBundle',
    'Symfony/Bundle/SecurityBundle',
    'Symfony/Component/PropertyAccess',
    'Symfony/Component/VarExporter',
    'Symfony/Component/Yaml',
];

foreach ($packages as $package) {
    if (!is_file("$share/$package/autoload.php")) {
        fwrite(\STDERR, "Dependencies are missing ($package). Run \"composer install\" in ".__DIR__.", or on Debian:\n  apt-get install php-symfony-framework-bundle php-symfony-security-bundle php-symfony-doctrine-bridge php-symfony-property-access php-symfony-yaml php-doctrine-orm php-sqlite3\n");

        exit(1);
    }

    require_once "$share/$package/autoload.php";
}

// Symfony 6 and later ask Composer what is installed while they compile a container. Nothing is, by Composer.
if (!class_exists(Composer\InstalledVersions::class) && is_file("$share/Composer/InstalledVersions.php")) {
    require_once "$share/Composer/InstalledVersions.php";

    $root = ['name' => 'ferry/symfony-chat', 'pretty_version' => 'dev', 'version' => 'dev', 'reference' => null, 'type' => 'project', 'install_path' => __DIR__, 'aliases' => [], 'dev' => true];
    Composer\InstalledVersions::reload(['root' => $root, 'versions' => []]);
}

spl_autoload_register(static function (string $class): void {
    foreach (['App\\Tests\\' => __DIR__.'/tests/', 'App\\' => __DIR__.'/src/', 'Ferry\\' => __DIR__.'/../../php/'] as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = $folder.strtr(substr($class, \strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require $file;
            }

            return;
        }
    }
});
