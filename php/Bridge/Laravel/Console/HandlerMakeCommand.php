<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Console;

use Illuminate\Console\GeneratorCommand;
use Symfony\Component\Console\Attribute\AsCommand;

#[AsCommand(name: 'make:ws-handler')]
final class HandlerMakeCommand extends GeneratorCommand
{
    protected $name = 'make:ws-handler';

    protected $description = 'Create a new WebSocket handler class';

    protected $type = 'WebSocket handler';

    protected function getStub(): string
    {
        $own = $this->laravel->basePath('stubs/ws-handler.stub');

        return is_file($own) ? $own : \dirname(__DIR__).'/stubs/ws-handler.stub';
    }

    /**
     * @param string $rootNamespace
     */
    protected function getDefaultNamespace($rootNamespace): string
    {
        return $rootNamespace.'\WebSockets';
    }
}
