<?php

declare(strict_types=1);

// vendor/ when Composer has been run; else Debian's packages, for machines that have no Packagist.
$root = \dirname(__DIR__, 2);

if (is_file($root.'/vendor/autoload.php')) {
    require $root.'/vendor/autoload.php';

    return;
}

$packages = [
    'Doctrine/ORM',
    'GuzzleHttp',
    'Illuminate',
    'Nyholm/Psr7',
    'Psr/Http/Client',
    'Predis',
    'Psr/Container',
    'Psr/Log',
    'Symfony/Bundle/FrameworkBundle',
    'Symfony/Bundle/SecurityBundle',
    'Symfony/Component/Cache',
    'Symfony/Component/Console',
    'Symfony/Component/EventDispatcher',
    'Symfony/Component/HttpClient',
    'Symfony/Component/Messenger',
    'Symfony/Component/PropertyAccess',
    'Symfony/Component/PropertyInfo',
    'Symfony/Component/Serializer',
    'Symfony/Component/Validator',
    'Symfony/Component/Yaml',
];

foreach ($packages as $package) {
    require_once "/usr/share/php/$package/autoload.php";
}

// Symfony 6 and later ask Composer what is installed while they compile a container. Nothing is, by Composer.
if (!class_exists(Composer\InstalledVersions::class)) {
    require_once '/usr/share/php/Composer/InstalledVersions.php';

    Composer\InstalledVersions::reload(['root' => ['name' => 'ferry/tests', 'pretty_version' => 'dev', 'version' => 'dev', 'reference' => null, 'type' => 'project', 'install_path' => __DIR__, 'aliases' => [], 'dev' => true], 'versions' => []]);
}

spl_autoload_register(static function (string $class) use ($root): void {
    foreach (['Ferry\\Tests\\' => $root.'/tests/php/', 'Ferry\\' => $root.'/php/'] as $prefix => $folder) {
        if (str_starts_with($class, $prefix)) {
            $file = $folder.strtr(substr($class, \strlen($prefix)), '\\', '/').'.php';

            if (is_file($file)) {
                require $file;
            }

            return;
        }
    }
});
