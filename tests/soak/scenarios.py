"""What the soak tests do to a server. Each scenario takes (server, n) and does its thing n times."""

import json
import time

from client import BINARY, CLOSE, Client, Failure, from_client, from_server

# Connections open at a time.
BATCH = 100


def batches(n, size):
    while n > 0:
        yield min(n, size)
        n -= size


def opened(server, n, path="/"):
    clients = [Client(server.address, path) for _ in range(n)]
    for client in clients:
        client.finish_handshake()
    return clients


def close_all(clients):
    for client in clients:
        client.start_close()
    for client in clients:
        client.finish_close()


def connections(server, n, path="/"):
    """Opened, one message each, closed with a close handshake."""
    for size in batches(n, BATCH):
        clients = opened(server, size, path)
        for client in clients:
            client.send(b"hello")
        for client in clients:
            client.expect(from_server(b"hello"))
        close_all(clients)


def cycles(server, n):
    """As above, while the application keeps reference cycles through each connection."""
    connections(server, n, "/cycle")


def resets(server, n):
    """Lost in the middle of a message."""
    for size in batches(n, BATCH):
        clients = opened(server, size)
        for client in clients:
            client.socket.sendall(from_client(b"hello")[:-2])
            client.reset()


def refusals(server, n):
    """Refused by onHandshake."""
    for size in batches(n, BATCH):
        clients = [Client(server.address, "/refuse") for _ in range(size)]
        for client in clients:
            client.finish_handshake(403)
            client.socket.close()


def exceptions(server, n):
    """Closed because onMessage threw."""
    for size in batches(n, BATCH):
        clients = opened(server, size, "/throw")
        for client in clients:
            client.send(b"hello")
        for client in clients:
            client.expect(from_server(b"\x03\xf3error", CLOSE))
            client.socket.close()


def messages(server, n):
    """Small messages over 50 connections, 200 of each connection under way at a time."""
    depth = 200
    clients = opened(server, 50)
    for round_number, size in enumerate(batches(n // len(clients), depth)):
        payloads = [b"%08d of a message that is 64 bytes long, as chats have them....." % (round_number * depth + i) for i in range(size)]
        sent = b"".join(map(from_client, payloads))
        wanted = b"".join(map(from_server, payloads))
        for client in clients:
            client.socket.sendall(sent)
        for client in clients:
            client.expect(wanted)
    close_all(clients)


def large_messages(server, n):
    """Binary messages of 200,000 bytes."""
    payload = bytes(range(250)) * 800
    sent, wanted = from_client(payload, BINARY), from_server(payload, BINARY)
    clients = opened(server, 4)
    for size in batches(n, len(clients)):
        for client in clients[:size]:
            client.socket.sendall(sent)
        for client in clients[:size]:
            client.expect(wanted)
    close_all(clients)


def rooms(server, n):
    """Rooms that exist for one message, each with a name of its own."""
    client, = opened(server, 1)
    for start in range(0, n, BATCH):
        names = [b"room-%d" % number for number in range(start, min(n, start + BATCH))]
        client.socket.sendall(b"".join(from_client(b"!room " + name) for name in names))
        client.expect(b"".join(map(from_server, names)))
    close_all([client])


def broadcasts(server, n):
    """Messages to 50 clients."""
    clients = opened(server, 50)
    wanted = from_server(b"to everybody")
    for size in batches(n, BATCH):
        clients[0].socket.sendall(from_client(b"!broadcast") * size)
        for client in [*clients, server.control]:
            client.expect(wanted * size)
    close_all(clients)


def eloquent(server, n):
    """Messages to a Laravel handler that validates, writes and reads with Eloquent, as a user."""
    clients = opened(server, 10, "/notes?api_token=alice-token")
    for start in range(0, n // len(clients), BATCH):
        texts = [b"note %d" % number for number in range(start, min(n // len(clients), start + BATCH))]
        sent = b"".join(from_client(b'{"type":"note","text":"%s"}' % text) for text in texts)
        wanted = b"".join(from_server(b'{"noted":"%s!","by":"Alice","id":1}' % text) for text in texts)
        for client in clients:
            client.socket.sendall(sent)
        for client in clients:
            client.expect(wanted)
    close_all(clients)


def symfony(server, n):
    """Messages to a Symfony handler that needs a user with a role, loads him, and fills a unit of work."""
    clients = opened(server, 20, "/notes?token=for-alice")
    for start in range(0, n // len(clients), BATCH):
        texts = [b"note %d" % number for number in range(start, min(n // len(clients), start + BATCH))]
        sent = b"".join(from_client(b'{"type":"note","text":"%s"}' % text) for text in texts)
        wanted = b"".join(from_server(b'{"noted":"%s","by":"alice"}' % text) for text in texts)
        for client in clients:
            client.socket.sendall(sent)
        for client in clients:
            client.expect(wanted)
    close_all(clients)


def crowd(server, n):
    """Open at the same time; what they needed goes back to the system after they have gone."""
    before = server.memory()["resident"]
    clients = []
    for size in batches(n, BATCH):
        clients += opened(server, size)
    for start in range(0, n, BATCH):
        close_all(clients[start:start + BATCH])
    # Memory is given back when the server has had nothing to do for a while; the caller judges what is left.
    deadline = time.monotonic() + 15
    while server.memory()["resident"] > before + CROWD_BYTES and time.monotonic() < deadline:
        time.sleep(0.2)


def deaf(server, n):
    """Clients that never read what is sent to each of them: the bound of all outboxes together bounds the process."""
    before = server.memory()["resident"]
    clients = [Client(server.address, receive_buffer=4096) for _ in range(n)]
    for client in clients:
        client.finish_handshake()
    most = 0
    for _ in range(400):
        server.control.send(b"!each")
        server.control.expect(from_server(b"done"))
        server.control.send(b"!stats")
        memory = json.loads(server.control.receive_text())
        most = max(most, memory["resident"] - before)
        if memory["limited"].get("outbox_total", 0) > 10 * n:
            break
    else:
        raise Failure(f"the bound was never met: {memory}")
    if most > DEAF_OUTBOX_BYTES + DEAF_SLACK_BYTES:
        raise Failure(f"{most} bytes more with outboxes of {DEAF_OUTBOX_BYTES}")
    for client in clients:
        client.reset()


# A crowd may leave this much behind, whatever its size.
CROWD_BYTES = 3 << 20
# The bound of all outboxes in the scenario "deaf", and what the process may need beside them: a round of messages, 5 MB, on
# both sides of the way to the I/O thread, and what malloc cannot use between large buffers: 35 MB in all have been seen. Without
# the bound the clients' own ones would let it grow to 300 MB.
DEAF_OUTBOX_BYTES = 16 << 20
DEAF_SLACK_BYTES = 32 << 20

# Options of the server, where a scenario needs other ones.
OPTIONS = {
    "deaf": {
        "slow_consumer": "drop-oldest",
        "outbox_bytes": 1 << 20,
        "outbox_total_bytes": DEAF_OUTBOX_BYTES,
        "write_timeout": 0,
    },
}

# Name, scenario, times as a warm-up, times at full size. The warm-up fills buffers, pools and hash tables; that of
# cycles is as long as the rest, because garbage waits in PHP's tables until its collector has seen 10,000 roots; a crowd and
# deaf clients bound the memory they take themselves, and the second time must leave nothing more than the first. The last
# is the server's script, server.php where none is named; where one is, valgrind leaves the scenario out.
SCENARIOS = [
    ("connections", connections, 1_000, 10_000),
    ("cycles", cycles, 12_000, 12_000),
    ("resets", resets, 1_000, 10_000),
    ("refusals", refusals, 1_000, 10_000),
    ("exceptions", exceptions, 1_000, 10_000),
    ("messages", messages, 100_000, 1_000_000),
    ("large messages", large_messages, 500, 5_000),
    ("rooms", rooms, 10_000, 100_000),
    ("broadcasts", broadcasts, 2_000, 20_000),
    ("symfony", symfony, 100_000, 1_000_000, "symfony.php"),
    ("crowd", crowd, 5_000, 5_000, "server.php"),
    ("deaf", deaf, 300, 300, "server.php"),
    ("eloquent", eloquent, 20_000, 200_000, "laravel.php"),
]
