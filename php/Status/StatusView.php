<?php

declare(strict_types=1);

namespace Ferry\Status;

/**
 * The status of a server in words and numbers for people. What an older or newer server does not send is left out.
 */
final class StatusView
{
    /** Rooms shown; the server sends the fullest ones. */
    private const ROOMS = 10;

    /**
     * @param array<mixed> $status see StatusReaderInterface
     */
    public function __construct(private readonly array $status)
    {
    }

    public function title(): string
    {
        $addresses = $this->status['addresses'] ?? [];

        return sprintf(
            '%s, up %s, pid %s, Ferry %s%s',
            \is_array($addresses) && [] !== $addresses ? implode(', ', array_map('strval', $addresses)) : 'WebSocket server',
            self::duration($this->number('uptime')),
            $this->text('pid'),
            $this->text('version'),
            false === ($this->status['accepting'] ?? true) ? ', stopping' : '',
        );
    }

    /**
     * @return array<string, string> value by name
     */
    public function lines(): array
    {
        $rates = \is_array($this->status['rates'] ?? null) ? $this->status['rates'] : [];
        $rate = static fn (string $name): string => isset($rates[$name]) ? sprintf(' (%s/s)', self::count((float) $rates[$name])) : '';
        $byteRate = static fn (string $name): string => isset($rates[$name]) ? sprintf(' (%s/s)', self::bytes((float) $rates[$name])) : '';
        $lines = [
            'Connections' => sprintf('%s open, %s since the start', self::count($this->number('connections')), self::count($this->number('connectionsTotal'))),
            'Users' => self::count($this->number('users')),
            'Rooms' => self::count((float) ($this->status['rooms']['count'] ?? 0)),
            'Messages in' => self::count($this->number('messagesIn')).$rate('messagesIn').', '.self::bytes($this->number('bytesIn')).$byteRate('bytesIn'),
            'Messages out' => self::count($this->number('messagesOut')).$rate('messagesOut').', '.self::bytes($this->number('bytesOut')).$byteRate('bytesOut'),
            'Waiting for PHP' => sprintf('%s events, %s', self::count($this->number('inboxEvents')), self::bytes($this->number('inboxBytes'))),
            'Waiting for clients' => sprintf('%s, %s messages dropped', self::bytes($this->number('outboxBytes')), self::count($this->number('dropped'))),
            'Slow handlers' => sprintf('%s%s', self::count($this->number('slowCallbacks')), $this->number('callbackSeconds') > 0 ? sprintf(', one is running for %.3f s', $this->number('callbackSeconds')) : ''),
            'Published' => isset($this->status['control']['publishes']) ? sprintf('%s events%s, delivered %s times', self::count((float) $this->status['control']['publishes']), $rate('publishes'), self::count((float) ($this->status['control']['delivered'] ?? 0))) : '',
            'History' => \is_array($history = $this->status['history'] ?? null) ? sprintf('%s messages of %s rooms, %s', self::count((float) ($history['messages'] ?? 0)), self::count((float) ($history['rooms'] ?? 0)), self::bytes((float) ($history['bytes'] ?? 0))) : '',
            'Redis' => \is_array($redis = $this->status['redis'] ?? null) ? self::redis($redis) : '',
            'Refused' => self::map($this->status['refused'] ?? []),
            'Closed' => self::map($this->status['closed'] ?? []),
        ];

        return array_filter($lines, static fn (string $line): bool => '' !== $line);
    }

    /**
     * @return list<array{string, string}> name and members of the fullest rooms
     */
    public function rooms(): array
    {
        $rooms = [];
        $list = $this->status['rooms']['list'] ?? [];

        foreach (\array_slice(\is_array($list) ? $list : [], 0, self::ROOMS) as $room) {
            if (\is_array($room)) {
                $rooms[] = [(string) ($room['name'] ?? ''), self::count((float) ($room['members'] ?? 0))];
            }
        }

        return $rooms;
    }

    /**
     * @param array<mixed> $redis
     */
    private static function redis(array $redis): string
    {
        $number = static fn (string $name): float => (float) ($redis[$name] ?? 0);
        $parts = [
            sprintf('%s %s', true === ($redis['connected'] ?? false) ? 'connected to' : 'away:', $redis['address'] ?? '?'),
            $number('queueBytes') > 0 ? self::bytes($number('queueBytes')).' waiting' : '',
            $number('recovered') > 0 ? self::count($number('recovered')).' events came late' : '',
            $number('gaps') > 0 ? self::count($number('gaps')).' gaps in rooms' : '',
            $number('notTaken') > 0 ? self::count($number('notTaken')).' messages not taken' : '',
            $number('failed') > 0 ? self::count($number('failed')).' messages lost' : '',
        ];

        return implode(', ', array_filter($parts));
    }

    private function number(string $name): float
    {
        return is_numeric($this->status[$name] ?? null) ? (float) $this->status[$name] : 0.0;
    }

    private function text(string $name): string
    {
        return \is_scalar($this->status[$name] ?? null) ? (string) $this->status[$name] : '?';
    }

    private static function map(mixed $counts): string
    {
        if (!\is_array($counts)) {
            return '';
        }

        return implode(', ', array_map(static fn (int|string $name, mixed $count): string => sprintf('%s: %s', $name, self::count((float) $count)), array_keys($counts), $counts));
    }

    private static function count(float $number): string
    {
        return number_format($number, $number < 10 && $number !== floor($number) ? 1 : 0);
    }

    private static function bytes(float $bytes): string
    {
        foreach (['B', 'KiB', 'MiB', 'GiB', 'TiB'] as $unit) {
            if ($bytes < 1024 || 'TiB' === $unit) {
                break;
            }

            $bytes /= 1024;
        }

        return sprintf('B' === $unit ? '%d %s' : '%.1f %s', $bytes, $unit);
    }

    private static function duration(float $seconds): string
    {
        $seconds = (int) $seconds;

        return match (true) {
            $seconds >= 86400 => sprintf('%d d %d h', intdiv($seconds, 86400), intdiv($seconds % 86400, 3600)),
            $seconds >= 3600 => sprintf('%d h %d min', intdiv($seconds, 3600), intdiv($seconds % 3600, 60)),
            $seconds >= 60 => sprintf('%d min %d s', intdiv($seconds, 60), $seconds % 60),
            default => sprintf('%d s', $seconds),
        };
    }
}
