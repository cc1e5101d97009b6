<?php

declare(strict_types=1);

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Symfony\Security\Users;
use Ferry\Bridge\Symfony\Security\UserScope;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Identity;
use Ferry\Testing\FakeConnection;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;

// A handler that calls exit() while its user is in the token storage. Prints who the user is, then and at the end.
require dirname(__DIR__).'/bootstrap.php';

$tokens = new TokenStorage();
$handler = new #[AsWsHandler('/')] class($tokens) {
    public function __construct(private readonly TokenStorage $tokens)
    {
    }

    #[OnMessage]
    public function leave(): never
    {
        echo 'in the handler: ', $this->tokens->getToken()?->getUserIdentifier() ?? 'nobody', "\n";

        exit(3);
    }
};
$dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope($tokens, new Users())]);
$connection = new FakeConnection(identity: new Identity('alice'));
$dispatcher->onOpen($connection);
register_shutdown_function(static function () use ($tokens): void {
    echo 'at the end: ', $tokens->getToken()?->getUserIdentifier() ?? 'nobody', "\n";
});
$dispatcher->onMessage($connection, '{"type":"leave"}', false);
