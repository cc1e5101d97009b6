<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Illuminate\Console\Command as BaseCommand;

/**
 * Writes with Laravel's output components where the version has them (9.21 and later).
 *
 * @internal
 */
abstract class Command extends BaseCommand
{
    /**
     * @param 'info'|'warn'|'error' $style
     */
    protected function tell(string $style, string $message): void
    {
        if (isset($this->components)) {
            $this->components->{$style}($message);
        } else {
            $this->{$style}($message);
        }
    }

    protected function detail(string $first, string $second): void
    {
        if (isset($this->components)) {
            $this->components->twoColumnDetail($first, $second);
        } else {
            $this->line(sprintf('%s <comment>%s</comment>', $first, $second));
        }
    }
}
