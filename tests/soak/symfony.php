<?php

/**
 * A Symfony application under the soak tests, with all that surrounds a message: a firewall at the handshake, the user in the
 * token storage and loaded for each message, an argument resolver, #[IsGranted], services reset after each message, and a
 * unit of work of Doctrine's that is cleared.
 *
 * Paths: '/' answers '!stats' with the memory in use; '/notes' takes {"type":"note","text":…}.
 */

declare(strict_types=1);

use Doctrine\Persistence\ManagerRegistry;
use Ferry\Attribute\AsWsHandler;
use Ferry\Attribute\MapField;
use Ferry\Attribute\OnMessage;
use Ferry\Runner;
use Ferry\Runner\Listener;
use Ferry\Tests\Fixtures\Doctrine\Note;
use Ferry\Tests\Fixtures\Doctrine\Registry;
use Ferry\Tests\Symfony\Security\BearerAuthenticator;
use Ferry\Tests\Symfony\Security\People;
use Ferry\Tests\Symfony\Security\Person;
use Ferry\Tests\Symfony\TestKernel;
use Ferry\WsServer;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Security\Http\Attribute\CurrentUser;
use Symfony\Component\Security\Http\Attribute\IsGranted;

require \dirname(__DIR__).'/php/bootstrap.php';

#[AsWsHandler('/notes')]
final class NoteHandler
{
    public function __construct(private readonly ManagerRegistry $doctrine)
    {
    }

    #[OnMessage('note')]
    #[IsGranted('ROLE_USER')]
    public function note(#[MapField] string $text, #[CurrentUser] Person $user): array
    {
        // Without a query, so that a million of them is a matter of seconds.
        $this->doctrine->getManager()->persist(new Note($text));

        return ['noted' => $text, 'by' => $user->name];
    }
}

#[AsWsHandler('/')]
final class StatsHandler
{
    #[OnMessage(raw: true)]
    public function stats(WsServer $server): string
    {
        gc_collect_cycles();
        preg_match('/^VmRSS:\s+(\d+) kB/m', (string) file_get_contents('/proc/self/status'), $resident);

        return json_encode(['heap' => memory_get_usage(), 'resident' => 1024 * (int) $resident[1], 'connections' => $server->count()], \JSON_THROW_ON_ERROR);
    }
}

final class Address extends Listener
{
    public function started(Runner $runner, string $address): void
    {
        echo $address, "\n";
    }
}

$server = ['port' => 0, 'backlog' => 4096, 'outbox_bytes' => 16 << 20, 'ping_interval' => 0, 'idle_timeout' => 0];
$security = [
    'providers' => ['people' => ['id' => People::class]],
    'firewalls' => ['api' => ['pattern' => '^/', 'stateless' => true, 'provider' => 'people', 'custom_authenticators' => [BearerAuthenticator::class]]],
] + (Kernel::VERSION_ID < 60000 ? ['enable_authenticator_manager' => true] : []);
$kernel = new TestKernel(
    ['server' => $server, 'auth' => ['firewall' => 'api', 'required' => false], 'hygiene' => ['reset' => getenv('SOAK_RESET') ?: 'message']],
    [NoteHandler::class, StatsHandler::class, BearerAuthenticator::class, Address::class],
    static function (ContainerBuilder $container): void {
        $container->register(People::class, People::class)->setPublic(true);
        $container->register('doctrine', Registry::class)->setArguments(['sqlite:///:memory:'])->setPublic(true);
        $container->setAlias(ManagerRegistry::class, 'doctrine');
        $container->register('manager', stdClass::class)->setPublic(true);
        $container->register('connection', stdClass::class)->setPublic(true);
    },
    [new SecurityBundle()],
    ['security' => $security],
);
$runner = $kernel->service(Runner::class);
\assert($runner instanceof Runner);
// The registry makes its services itself; the container only has to call them made.
$kernel->getContainer()->get('manager');
$kernel->getContainer()->get('connection');

try {
    $runner->run();
} finally {
    $kernel->remove();
}
