<?php

declare(strict_types=1);

namespace Ferry\Command;

use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Command\SignalableCommandInterface;

// handleSignal() returns void up to Symfony 6.2 and int|false since: no single signature satisfies both.
if ('void' === (string) (new \ReflectionMethod(SignalableCommandInterface::class, 'handleSignal'))->getReturnType()) {
    /**
     * @internal
     */
    abstract class SignalableCommand extends Command implements SignalableCommandInterface
    {
        /**
         * @return int|false the exit code to end with at once, false to go on
         */
        abstract protected function onSignal(int $signal): int|false;

        public function handleSignal(int $signal): void
        {
            if (false !== $exitCode = $this->onSignal($signal)) {
                exit($exitCode);
            }
        }
    }
} else {
    /**
     * @internal
     */
    abstract class SignalableCommand extends Command implements SignalableCommandInterface
    {
        /**
         * @return int|false the exit code to end with at once, false to go on
         */
        abstract protected function onSignal(int $signal): int|false;

        public function handleSignal(int $signal, int|false $previousExitCode = 0): int|false
        {
            return $this->onSignal($signal);
        }
    }
}
