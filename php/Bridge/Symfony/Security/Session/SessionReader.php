<?php

declare(strict_types=1);

namespace Ferry\Bridge\Symfony\Security\Session;

use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\SessionInterface;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\StrictSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\MockArraySessionStorage;

/**
 * Reads the session that a handshake's cookie names, as it is at this moment. Nothing is ever written, no lock is held
 * when it returns, and the connection keeps nothing of it.
 */
final class SessionReader
{
    /** What PHP's session module takes for an id. */
    private const ID = '/^[a-zA-Z0-9,-]{22,250}$/D';

    private readonly string $name;

    /** @var \Closure(string): string the session's data by id, '' when there is none */
    private readonly \Closure $read;

    /**
     * @param \SessionHandlerInterface $handler that of the framework's sessions
     * @param array<string, mixed>     $options of the framework's sessions: name
     * @param ?string                  $savePath of PHP's handler for files; null: session.save_path
     * @param ?string                  $format   as in session.serialize_handler; null: that one
     */
    public function __construct(\SessionHandlerInterface $handler, array $options = [], ?string $savePath = null, private readonly ?string $format = null)
    {
        $name = $options['name'] ?? null;
        $this->name = \is_string($name) && '' !== $name ? $name : (\ini_get('session.name') ?: 'PHPSESSID');
        $this->read = $this->reader($handler, $savePath);
    }

    /**
     * For framework.session.handler_id as a DSN.
     *
     * @param mixed                              $connection what Symfony's SessionHandlerFactory gets: a DSN, a connection
     * @param \Closure(): \SessionHandlerInterface $handler    what it makes of it
     * @param array<string, mixed>               $options
     */
    public static function forConnection(mixed $connection, \Closure $handler, array $options): self
    {
        return \is_string($connection) && str_starts_with($connection, 'file://')
            ? new self(new \SessionHandler(), $options, substr($connection, 7))
            : new self($handler(), $options);
    }

    /**
     * @return ?SessionInterface null when the request names no session that there is
     */
    public function read(Request $request): ?SessionInterface
    {
        $id = $request->cookies->all()[$this->name] ?? null;

        if (!\is_string($id) || 1 !== preg_match(self::ID, $id) || null === $data = $this->data($id)) {
            return null;
        }

        $storage = new MockArraySessionStorage($this->name);
        $storage->setId($id);
        $storage->setSessionData($data);

        return new Session($storage);
    }

    /**
     * @return ?array<string, mixed>
     */
    private function data(string $id): ?array
    {
        // A file may be read while it is being written.
        for ($attempt = 0; $attempt < 3; ++$attempt) {
            $data = ($this->read)($id);

            if ('' === $data) {
                return null;
            }

            if (null !== $values = SessionDecoder::decode($data, $this->format ?? (\ini_get('session.serialize_handler') ?: 'php'))) {
                return $values;
            }

            usleep(2000);
        }

        return null;
    }

    /**
     * @return \Closure(string): string
     */
    private function reader(\SessionHandlerInterface $handler, ?string $savePath): \Closure
    {
        if (!$handler instanceof \SessionHandler && !($handler instanceof StrictSessionHandler && $handler->isWrapper())) {
            return fn (string $id): string => $this->ask($handler, $id);
        }

        // PHP's own handlers work only in a started session. That for files is simple enough to do without.
        if ('files' !== $module = \ini_get('session.save_handler')) {
            throw new \LogicException(sprintf('Sessions are kept by PHP\'s handler "%s", which reads them only for a web server. Set framework.session.handler_id, for example to a DSN as "redis://localhost".', $module));
        }

        $path = $savePath ?? \ini_get('session.save_path') ?: sys_get_temp_dir();

        return static fn (string $id): string => self::file($path, $id);
    }

    private function ask(\SessionHandlerInterface $handler, string $id): string
    {
        $handler->open('', $this->name);

        try {
            return (string) $handler->read($id);
        } finally {
            // Ends the lock that handlers for databases take.
            $handler->close();
        }
    }

    /**
     * @param string $path as in session.save_path: "/path" or "depth;/path" or "depth;mode;/path"
     */
    private static function file(string $path, string $id): string
    {
        $parts = explode(';', $path);
        $folder = array_pop($parts);

        for ($level = 0; $level < (int) ($parts[0] ?? 0); ++$level) {
            $folder .= '/'.$id[$level];
        }

        return is_file($file = $folder.'/sess_'.$id) ? (string) @file_get_contents($file) : '';
    }
}
