<?php

/**
 * The stubs are loaded under another namespace, so that PHP itself parses them, and both sides go through reflection.
 * One test per class, one per class that php/ declares where the extension is missing, and one that the extension declares
 * no class without a stub.
 */

const SHADOW = 'FerryStub';
const FALLBACK = 'FerryFallback';

/** A name as the extension has it: without the namespace that the stubs are loaded under. */
function plain(string $name): string
{
    return str_replace([SHADOW.'\\', FALLBACK.'\\'], '', $name);
}

function type(?ReflectionType $type): string
{
    if (null === $type) {
        return '';
    }
    $parts = preg_split('/[|]/', plain((string) $type));
    sort($parts);

    return implode('|', $parts);
}

/** @return list<string> one line per thing that a caller can see; the two sides must have the same lines */
function describe(ReflectionClass $class): array
{
    $lines = [sprintf('%s%s%s', $class->isFinal() ? 'final ' : '', $class->isInterface() ? 'interface' : ($class->isEnum() ? 'enum' : 'class'), $class->isAbstract() && !$class->isInterface() ? ' abstract' : '')];
    $lines[] = 'extends '.plain($class->getParentClass() ? $class->getParentClass()->getName() : '-');
    foreach ($class->getInterfaceNames() as $interface) {
        $lines[] = 'implements '.plain($interface);
    }
    foreach ($class->getReflectionConstants() as $constant) {
        $lines[] = 'const '.$constant->getName();
    }
    foreach ($class->getAttributes() as $attribute) {
        $lines[] = 'attribute '.$attribute->getName();
    }
    foreach ($class->getProperties() as $property) {
        if ($property->getDeclaringClass()->getName() === $class->getName()) {
            $lines[] = sprintf('property %s %s $%s', implode(' ', Reflection::getModifierNames($property->getModifiers())), type($property->getType()), $property->getName());
        }
    }
    foreach ($class->getMethods() as $method) {
        if ($method->getDeclaringClass()->getName() === $class->getName()) {
            array_push($lines, ...describeMethod($method));
        }
    }
    $lines[] = 'instantiable '.var_export($class->isInstantiable(), true);
    sort($lines);

    return $lines;
}

/** @return list<string> */
function describeMethod(ReflectionMethod $method): array
{
    $name = $method->getName();
    $lines = [sprintf('method %s %s(): %s', implode(' ', Reflection::getModifierNames($method->getModifiers())), $name, type($method->getReturnType() ?? $method->getTentativeReturnType()))];
    foreach ($method->getParameters() as $parameter) {
        $default = $parameter->isDefaultValueAvailable() ? ' = '.var_export($parameter->getDefaultValue(), true) : ($parameter->isOptional() && !$parameter->isVariadic() ? ' optional' : '');
        foreach ($parameter->getAttributes() as $attribute) {
            $lines[] = sprintf('attribute %s() %d: %s', $name, $parameter->getPosition(), $attribute->getName());
        }
        $lines[] = trim(sprintf('parameter %s() %d: %s%s $%s%s', $name, $parameter->getPosition(), type($parameter->getType()), $parameter->isVariadic() ? ' ...' : '', $parameter->getName(), $default));
    }

    return $lines;
}

/** @return list<string> */
function describeFunction(ReflectionFunction $function): array
{
    $lines = ['returns '.type($function->getReturnType())];
    foreach ($function->getParameters() as $parameter) {
        $default = $parameter->isDefaultValueAvailable() ? ' = '.var_export($parameter->getDefaultValue(), true) : '';
        $lines[] = sprintf('parameter %d: %s%s $%s%s', $parameter->getPosition(), type($parameter->getType()), $parameter->isVariadic() ? ' ...' : '', $parameter->getName(), $default);
    }

    return $lines;
}

/** Declares the classes of a file as FerryStub\Ferry\…, or under another prefix. */
function load(string $file, string $prefix = SHADOW): void
{
    $code = preg_replace('/^namespace (Ferry\b[^;]*);/m', 'namespace '.$prefix.'\\\\$1;', file_get_contents($file), 1, $count);
    if (1 !== $count) {
        throw new RuntimeException("$file has no namespace Ferry.");
    }
    // Evaluated code cannot declare it.
    eval('?>'.str_replace('declare(strict_types=1);', '', $code));
}

if (!extension_loaded('ferry')) {
    fwrite(STDERR, "The extension is not loaded.\n");
    exit(1);
}
// Exceptions first: other stubs' signatures name them.
foreach (glob(dirname(__DIR__).'/stubs/*.php') as $file) {
    load($file);
}
$stubs = array_filter([...get_declared_classes(), ...get_declared_interfaces()], static fn (string $class): bool => str_starts_with($class, SHADOW.'\\'));
$names = array_map(plain(...), $stubs);
sort($names);

$passed = $failed = 0;
$report = static function (string $name, array $problems) use (&$passed, &$failed): void {
    [] === $problems ? $passed++ : $failed++;
    printf("%s %s\n", [] === $problems ? 'ok    ' : 'FAILED', $name);
    foreach ($problems as $problem) {
        echo "         $problem\n";
    }
};
foreach ($names as $name) {
    if (!class_exists($name) && !interface_exists($name)) {
        $report($name, ['is in stubs/ only']);
        continue;
    }
    $stub = describe(new ReflectionClass(SHADOW.'\\'.$name));
    $real = describe(new ReflectionClass($name));
    $report($name, [
        ...array_map(static fn (string $line): string => "stub only:      $line", array_diff($stub, $real)),
        ...array_map(static fn (string $line): string => "extension only: $line", array_diff($real, $stub)),
    ]);
}
// What php/ declares where the extension is missing must look the same to callers.
spl_autoload_register(static function (string $class): void {
    $file = dirname(__DIR__).'/php/'.strtr(substr($class, strlen(FALLBACK.'\\Ferry\\')), '\\', '/').'.php';
    if (str_starts_with($class, FALLBACK.'\\Ferry\\') && is_file($file)) {
        load($file, FALLBACK);
    }
});
foreach ($names as $name) {
    $fallback = FALLBACK.'\\'.$name;
    if (!is_file(dirname(__DIR__).'/php/'.strtr(substr($name, strlen('Ferry\\')), '\\', '/').'.php')) {
        continue;
    }
    if (!class_exists($fallback) && !interface_exists($fallback)) {
        $report("php/ has $name", ['its file declares something else']);
        continue;
    }
    $stub = describe(new ReflectionClass(SHADOW.'\\'.$name));
    // Its own helper, which nobody can call.
    $php = array_filter(describe(new ReflectionClass($fallback)), static fn (string $line): bool => 'method private static refuse(): never' !== $line);
    $report("php/ has $name", [
        ...array_map(static fn (string $line): string => "stub only: $line", array_diff($stub, $php)),
        ...array_map(static fn (string $line): string => "php/ only:  $line", array_diff($php, $stub)),
    ]);
}
// Functions by their fully qualified names.
$functions = array_map(strtolower(...), array_keys((new ReflectionExtension('ferry'))->getFunctions()));
$stubbed = array_filter(get_defined_functions()['user'], static fn (string $name): bool => str_starts_with($name, strtolower(SHADOW).'\\'));
$stubbed = array_map(static fn (string $name): string => substr($name, strlen(SHADOW) + 1), $stubbed);
foreach (array_unique([...$functions, ...$stubbed]) as $name) {
    if (!in_array($name, $functions, true) || !in_array($name, $stubbed, true)) {
        $report("$name()", [in_array($name, $functions, true) ? 'has no stub' : 'is in stubs/ only']);
        continue;
    }
    $stub = describeFunction(new ReflectionFunction(SHADOW.'\\'.$name));
    $real = describeFunction(new ReflectionFunction($name));
    $report("$name()", [
        ...array_map(static fn (string $line): string => "stub only:      $line", array_diff($stub, $real)),
        ...array_map(static fn (string $line): string => "extension only: $line", array_diff($real, $stub)),
    ]);
}
$declared = (new ReflectionExtension('ferry'))->getClassNames();
$report('every class has a stub', array_map(static fn (string $class): string => "$class has none", array_diff($declared, $names)));

echo "stubs: $passed passed, $failed failed\n";
exit($failed > 0 ? 1 : 0);
