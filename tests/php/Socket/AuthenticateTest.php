<?php

declare(strict_types=1);

namespace Ferry\Tests\Socket;

use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Ferry\Auth\RevocationAdmission;
use Ferry\Auth\RevokedTokens;
use Ferry\Connection;
use Ferry\Exception\AuthenticationException;
use Ferry\Handler\HandlerDispatcher;
use Ferry\Runner;
use Ferry\Testing\WsTestTrait;
use Ferry\Tests\Fixtures\Extension;
use PHPUnit\Framework\TestCase;

/**
 * Connection::authenticate() on a live connection of a served handler.
 */
final class AuthenticateTest extends TestCase
{
    use WsTestTrait;

    private const KEY = '0123456789abcdef0123456789abcdef';

    private RevokedTokens $revoked;

    protected function setUp(): void
    {
        Extension::assertLoaded();
        $this->revoked = new RevokedTokens();
    }

    public function testARevokedTokenIsRefused(): void
    {
        $client = $this->wsConnect('/');
        $client->sendJson(['type' => 'login', 'id' => 1, 'jwt' => self::token('alice', 'id-1')])->assertReceivedJson(['id' => 1, 'data' => 'alice']);
        $this->revoked->revoke('id-2');

        $client->sendJson(['type' => 'login', 'id' => 2, 'jwt' => self::token('mallory', 'id-2')])->assertReceivedJson(['id' => 2, 'data' => 'The token was refused, still alice']);
        $client->sendJson(['type' => 'login', 'id' => 3, 'jwt' => self::token('bob', 'id-3')])->assertReceivedJson(['id' => 3, 'data' => 'bob']);
    }

    protected function wsHandler(): Runner
    {
        $handler = new #[AsWsHandler('/')] class {
            #[OnMessage('login')]
            public function login(Connection $connection, #[MapField] string $jwt): string
            {
                try {
                    return $connection->authenticate($jwt)->userIdentifier;
                } catch (AuthenticationException $e) {
                    return $e->getMessage().', still '.$connection->identity()?->userIdentifier;
                }
            }
        };
        $dispatcher = HandlerDispatcher::of([$handler], gates: [new RevocationAdmission($this->revoked)]);

        return new Runner($dispatcher, ['port' => 0, 'jwt' => ['algorithms' => ['HS256'], 'key' => self::KEY, 'required' => false]]);
    }

    private static function token(string $user, string $id): string
    {
        $encode = static fn (string $data): string => rtrim(strtr(base64_encode($data), '+/', '-_'), '=');
        $signed = $encode('{"alg":"HS256","typ":"JWT"}').'.'.$encode(json_encode(['sub' => $user, 'jti' => $id, 'exp' => time() + 60], \JSON_THROW_ON_ERROR));

        return $signed.'.'.$encode(hash_hmac('sha256', $signed, self::KEY, true));
    }
}
