<?php

declare(strict_types=1);

// vendor/ when Composer has been run; else Debian's packages, for machines that have no Packagist.
$root = \dirname(__DIR__, 2);

if (is_file($root.'/vendor/autoload.php')) {
    require $root.'/vendor/autoload.php';

    return;
}

require_once '/usr/share/php/Symfony/Component/Console/autoload.php';
require_once '/usr/share/php/Symfony/Component/EventDispatcher/autoload.php';
require_once '/usr/share/php/Symfony/Component/Cache/autoload.php';
require_once '/usr/share/php/Doctrine/ORM/autoload.php';
require_once '/usr/share/php/Symfony/Component/Yaml/autoload.php';
require_once '/usr/share/php/Symfony/Bundle/SecurityBundle/autoload.php';
require_once '/usr/share/php/Symfony/Bundle/FrameworkBundle/autoload.php';
require_once '/usr/share/php/Psr/Container/autoload.php';
require_once '/usr/share/php/Psr/Log/autoload.php';
require_once '/usr/share/php/Illuminate/autoload.php';

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
