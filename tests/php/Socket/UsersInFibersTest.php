<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\OnMessage;
use Ferry\Bridge\Symfony\Security\LazyTokenStorage;
use Ferry\Bridge\Symfony\Security\Users;
use Ferry\Bridge\Symfony\Security\UserScope;
use Ferry\Handler\AdmissionInterface;
use Ferry\Handler\HandlerDescriptor;
use Ferry\Handler\HandlerDispatcher;
use Ferry\HandlerInterface;
use Ferry\Hygiene\Housekeeper;
use Ferry\Hygiene\ServiceReset;
use Ferry\Identity;
use Ferry\Runner;
use Ferry\Testing\WsTestTrait;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Security\Core\Authentication\Token\Storage\TokenStorage;

/**
 * Handlers in the server's own fibers, each of another user, all of which wait until the last has come.
 */
final class UsersInFibersTest extends TestCase
{
    use WsTestTrait;

    private const CLIENTS = 5;

    /** How many handlers had begun when chores were done. */
    private array $resets = [];

    protected function wsHandler(): Runner|HandlerInterface
    {
        $tokens = new LazyTokenStorage();
        $handler = new WaitingHandler($tokens, self::CLIENTS);
        $gate = new class implements AdmissionInterface {
            public function admit(object $handshake, HandlerDescriptor $handler, array $route, ?Identity $identity): Identity
            {
                return new Identity($handshake->query['user']);
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], enclosing: [new UserScope($tokens, new Users())], gates: [$gate]);
        $reset = new ServiceReset(function () use ($handler): void {
            $this->resets[] = $handler->waiting;
        });

        return new Runner($dispatcher, ['fibers' => true], [new Housekeeper([$reset])]);
    }

    public function testEachHandlerHasItsOwnUserBeforeAndAfterItWaits(): void
    {
        $clients = [];

        for ($i = 0; $i < self::CLIENTS; ++$i) {
            $clients[$i] = $this->wsConnect('/wait?user=user-'.$i);
        }

        foreach ($clients as $client) {
            $client->send('wait');
        }

        foreach ($clients as $i => $client) {
            $client->assertReceivedJson(['user-'.$i, 'user-'.$i]);
        }

        $clients[0]->send('one more')->assertReceivedJson(['user-0', 'user-0']);
        self::assertNotSame([], $this->resets);
        self::assertSame([0], array_values(array_unique($this->resets)), 'nothing is reset under a handler that waits');
    }
}

/** @internal */
#[AsWsHandler('/wait')]
final class WaitingHandler
{
    /** Handlers that have begun and not ended. */
    public int $waiting = 0;
    private int $begun = 0;

    public function __construct(private readonly TokenStorage $tokens, private readonly int $clients)
    {
    }

    /**
     * @return list<?string>
     */
    #[OnMessage(raw: true)]
    public function wait(): array
    {
        ++$this->waiting;
        ++$this->begun;
        $before = $this->tokens->getToken()?->getUserIdentifier();

        while ($this->begun < $this->clients) {
            \Ferry\delay(0.002);
        }

        \Ferry\delay(0.0);
        --$this->waiting;

        return [$before, $this->tokens->getToken()?->getUserIdentifier()];
    }
}
