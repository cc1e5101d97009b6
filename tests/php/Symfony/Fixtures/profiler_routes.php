<?php

declare(strict_types=1);

use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;

// As the recipe of WebProfilerBundle has them; the files are PHP since Symfony 7.3.
return static function (RoutingConfigurator $routes): void {
    foreach (['wdt' => '/_wdt', 'profiler' => '/_profiler'] as $name => $prefix) {
        $type = is_file("/usr/share/php/Symfony/Bundle/WebProfilerBundle/Resources/config/routing/$name.php") ? 'php' : 'xml';
        $routes->import("@WebProfilerBundle/Resources/config/routing/$name.$type", $type)->prefix($prefix);
    }
};
