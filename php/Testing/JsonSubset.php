<?php

declare(strict_types=1);

namespace Ferry\Testing;

/**
 * Whether decoded JSON has what a test expects of it.
 *
 * An object matches when it has every expected key with a matching value; other keys are of no matter. A list matches when
 * it has as many items, each matching. 1 and 1.0 are the same number. A closure is asked.
 */
final class JsonSubset
{
    public static function matches(mixed $expected, mixed $actual): bool
    {
        if ($expected instanceof \Closure) {
            return true === $expected($actual);
        }

        if ($expected instanceof \JsonSerializable || $expected instanceof \stdClass) {
            $expected = json_decode(json_encode($expected, \JSON_THROW_ON_ERROR), true);
        }

        if (!\is_array($expected)) {
            $numbers = \is_float($expected) && \is_int($actual) || \is_int($expected) && \is_float($actual);

            return $numbers ? (float) $expected === (float) $actual : $expected === $actual;
        }

        // An empty array is both; what the server meant is not in the decoded JSON either.
        if (!\is_array($actual) || array_is_list($expected) && [] !== $expected && (!array_is_list($actual) || \count($expected) !== \count($actual))) {
            return false;
        }

        if ([] === $expected) {
            return [] === $actual;
        }

        foreach ($expected as $key => $value) {
            if (!\array_key_exists($key, $actual) || !self::matches($value, $actual[$key])) {
                return false;
            }
        }

        return true;
    }
}
