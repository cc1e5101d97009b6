<?php

declare(strict_types=1);

namespace Ferry\Http;

use Ferry\Handler\SuspendableInterface;

/**
 * Gives each handler output buffers of its own: PHP has one pile of them for all. Without it what others print while a handler
 * waits would be in its buffer, and who closes one might close another's.
 *
 * A buffer with a callback of the application's cannot be made anew, so it stays, with those below it.
 *
 * @internal
 */
final class OutputBuffers implements SuspendableInterface
{
    /** Those of the script around the server are nobody's. */
    private readonly int $outside;

    public function __construct()
    {
        $this->outside = ob_get_level();
    }

    /**
     * @return list<CapturedOutput|array{string, int}> outermost first; for buffers of the application content and chunk size
     */
    public function suspend(): array
    {
        $buffers = [];

        while (ob_get_level() > $this->outside) {
            if (null !== $captured = CapturedOutput::innermost()) {
                $captured->close();
                $buffers[] = $captured;

                continue;
            }

            $status = ob_get_status();

            if ('default output handler' !== ($status['name'] ?? null) || \PHP_OUTPUT_HANDLER_STDFLAGS !== ($status['flags'] & \PHP_OUTPUT_HANDLER_STDFLAGS)) {
                break;
            }

            $buffers[] = [(string) ob_get_clean(), $status['chunk_size']];
        }

        return array_reverse($buffers);
    }

    public function resume(mixed $state): void
    {
        foreach (\is_array($state) ? $state : [] as $buffer) {
            if ($buffer instanceof CapturedOutput) {
                $buffer->open();
            } elseif (\is_array($buffer)) {
                ob_start(null, $buffer[1]);
                echo $buffer[0];
            }
        }
    }
}
