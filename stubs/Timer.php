<?php

namespace Ferry;

final class Timer
{
    private function __construct() {}

    /** Harmless when it has fired or was cancelled. */
    public function cancel(): void {}

    public function isActive(): bool {}
}
