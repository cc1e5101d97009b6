<?php

declare(strict_types=1);

namespace Ferry\Bridge\Laravel\Testing;

use Ferry\Bridge\Laravel\WebSockets;
use Ferry\HandlerInterface;
use Ferry\Publish\Transport\TransportInterface;
use Ferry\Runner;
use Ferry\Testing\RecordingTransport;
use Ferry\Testing\TestClient;
use Ferry\Testing\WsTestTrait;
use Illuminate\Contracts\Auth\Authenticatable;
use PHPUnit\Framework\Attributes\Before;

/**
 * For a test of Laravel's TestCase: serves what ws:serve serves, with the application of the test, from the first wsConnect() to
 * the test's end.
 *
 *     final class ChatTest extends TestCase
 *     {
 *         use InteractsWithWebSockets, RefreshDatabase;
 *
 *         public function test_messages_reach_the_room(): void
 *         {
 *             $alice = $this->wsConnect('/chat/5', as: User::factory()->create());
 *             $bob = $this->wsConnect('/chat/5', as: User::factory()->create());
 *
 *             $alice->sendJson(['type' => 'message', 'text' => 'hi']);
 *             $bob->assertReceivedJson(['type' => 'message', 'text' => 'hi']);
 *         }
 *     }
 */
trait InteractsWithWebSockets
{
    use WsTestTrait {
        wsConnect as private connectWithToken;
    }

    protected function wsHandler(): Runner|HandlerInterface
    {
        return $this->app->make(Runner::class);
    }

    /** After Ws::fake() nothing comes here: then ask Ws::assertPublished(). */
    protected function wsPublished(): RecordingTransport
    {
        $transport = $this->app->make(TransportInterface::class);
        \assert($transport instanceof RecordingTransport);

        return $transport;
    }

    /**
     * Before anything has been published.
     *
     * @before
     *
     * @internal
     */
    #[Before]
    protected function recordWsPublications(): void
    {
        $this->afterApplicationCreated(function (): void {
            $this->app->extend(TransportInterface::class, static fn (TransportInterface $transport): TransportInterface => new RecordingTransport($transport));
        });
    }

    /**
     * @param ?string               $token        sent as "Authorization: Bearer"
     * @param array<string, string> $headers
     * @param list<string>          $subprotocols
     * @param ?Authenticatable      $as           the user who connects, whatever guard the handler asks; actingAs() is for requests
     *
     * @throws \Ferry\Exception\ConnectionException when refused; getCode() is the HTTP status
     */
    protected function wsConnect(string $path = '/', #[\SensitiveParameter] ?string $token = null, array $headers = [], array $subprotocols = [], ?Authenticatable $as = null): TestClient
    {
        if (null !== $as) {
            $token = $this->app->make(WebSockets::class)->ticket($as);
        }

        return $this->connectWithToken($path, $token, $headers, $subprotocols);
    }
}
