<?php

/*
 * Writes a Composer package that stands for what Debian has put in /usr/share/php, for machines without Packagist:
 *   php bridge.php FOLDER
 * It replaces each framework package with the version that dpkg names, and autoloads Debian's own autoloaders.
 */

declare(strict_types=1);

[, $folder] = $argv;
is_dir($folder) || mkdir($folder, 0o777, true);

// What Packagist calls the packages whose Debian names do not follow php-VENDOR-NAME.
const NAMES = [
    'php-laravel-framework' => 'laravel/framework',
    'php-monolog' => 'monolog/monolog',
    'php-twig' => 'twig/twig',
    'phpunit' => 'phpunit/phpunit',
];
const VENDORS = 'brick|doctrine|dragonmantank|guzzlehttp|illuminate|laravel|lcobucci|league|nesbot|nette|nyholm|opis|psr|ramsey|react|symfony|vlucas|voku';
// Their files know by themselves what else they need.
const AUTOLOADERS = '#^/usr/share/php/(Doctrine|GuzzleHttp|Illuminate|Lcobucci|Monolog|Nyholm|Psr|Symfony|Twig)/(?:[^/]+/){0,2}autoload\.php$#';

exec("dpkg-query -W -f='\${db:Status-Status} \${Package} \${Version}\n' 'php-*' phpunit", $lines);
$replace = $autoloaders = [];

foreach ($lines as $line) {
    [$status, $package, $version] = explode(' ', $line) + [2 => ''];
    $name = NAMES[$package] ?? (preg_match('/^php-('.VENDORS.')-(.+)$/', $package, $found) ? "$found[1]/$found[2]" : null);

    if ('installed' !== $status || null === $name) {
        continue;
    }

    $replace[$name] = preg_replace('/^(\d+:)?v?(\d+(?:\.\d+){0,3}).*$/', '$2', $version);
    exec('dpkg -L '.escapeshellarg($package), $files);
    $autoloaders = [...$autoloaders, ...preg_grep(AUTOLOADERS, $files)];
    $files = [];
}

if ([] === $replace) {
    fwrite(\STDERR, "dpkg names no PHP package: run scripts/install\n");

    exit(1);
}

// Laravel's own autoloader loads its components.
$autoloaders = array_filter(array_unique($autoloaders), static fn (string $file): bool => !preg_match('#/Illuminate/.+/autoload#', $file));
sort($autoloaders);
file_put_contents("$folder/bridge.php", "<?php\n".implode('', array_map(static fn (string $file): string => "require_once '$file';\n", $autoloaders)));
file_put_contents("$folder/composer.json", json_encode([
    'name' => 'debian/php-libraries',
    'type' => 'library',
    'version' => '1.0.0',
    'replace' => $replace,
    'autoload' => ['files' => ['bridge.php']],
], \JSON_PRETTY_PRINT | \JSON_UNESCAPED_SLASHES | \JSON_THROW_ON_ERROR));
