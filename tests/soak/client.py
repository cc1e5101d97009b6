"""A WebSocket client over plain sockets, fast enough to load a server from Python: frames are made once and whole
batches are compared as bytes."""

import itertools
import json
import socket
import struct
import subprocess
import time
from urllib.parse import urlparse

# A masking key of zeros leaves the payload as it is, and is as valid as any other (RFC 6455 section 5.3).
NO_MASK = b"\0\0\0\0"
TEXT, BINARY, CLOSE = 0x1, 0x2, 0x8
SECONDS = 60


def head(opcode, length, masked):
    bit = 0x80 if masked else 0
    if length < 126:
        return struct.pack("!BB", 0x80 | opcode, bit | length)
    if length < 1 << 16:
        return struct.pack("!BBH", 0x80 | opcode, bit | 126, length)
    return struct.pack("!BBQ", 0x80 | opcode, bit | 127, length)


def from_client(payload, opcode=TEXT):
    return head(opcode, len(payload), True) + NO_MASK + payload


def from_server(payload, opcode=TEXT):
    return head(opcode, len(payload), False) + payload


CLOSE_NORMAL = struct.pack("!H", 1000)
CLOSE_GOING_AWAY = struct.pack("!H", 1001)


class Failure(Exception):
    """The server did something else than it should."""


class Client:
    # Source addresses take turns: ports of closed connections stay in TIME_WAIT, and one address has only 28,000.
    sources = itertools.cycle(f"127.0.0.{host}" for host in range(2, 10))

    def __init__(self, address, path="/", receive_buffer=None):
        url = urlparse(address)
        self.socket = socket.socket()
        self.socket.settimeout(SECONDS)
        if receive_buffer:
            # Before the connection: the window is agreed on then.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.bind((next(self.sources), 0))
        self.socket.connect((url.hostname, url.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def finish_handshake(self, status=101):
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.receive_some()
        line = answer.split(b"\r\n", 1)[0]
        if line.split(b" ")[1] != str(status).encode():
            raise Failure(f"handshake answered with {line!r}, not {status}")
        if status == 101 and not answer.endswith(b"\r\n\r\n"):
            raise Failure(f"bytes after the handshake: {answer!r}")

    def receive_some(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise Failure("the server closed the connection")
        return data

    def send(self, payload, opcode=TEXT):
        self.socket.sendall(from_client(payload, opcode))

    def expect(self, wanted):
        """Reads exactly these bytes."""
        position = 0
        while position < len(wanted):
            data = self.socket.recv(min(1 << 18, len(wanted) - position))
            if not data:
                raise Failure("the server closed the connection")
            if wanted[position:position + len(data)] != data:
                raise Failure(f"at byte {position}: {data[:80]!r}… instead of {wanted[position:position + 80]!r}…")
            position += len(data)

    def receive_text(self):
        """One unfragmented text message of less than 64 KiB."""
        data = b""
        while True:
            if len(data) >= 2:
                length, start = data[1], 2
                if length == 126 and len(data) >= 4:
                    length, start = struct.unpack("!H", data[2:4])[0], 4
                if length != 126 and len(data) >= start + length:
                    return data[start:start + length]
            data += self.receive_some()

    def start_close(self):
        self.send(CLOSE_NORMAL, CLOSE)

    def finish_close(self):
        self.expect(from_server(CLOSE_NORMAL, CLOSE))
        self.end()

    def end(self):
        """The server closes the TCP connection first (RFC 6455 section 7.1.1)."""
        if self.socket.recv(1) != b"":
            raise Failure("bytes after the close frame")
        self.socket.close()

    def reset(self):
        """Ends with RST, as a peer that crashed does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Server:
    """tests/soak/server.php in a process of its own, with a control connection that asks for its memory."""

    def __init__(self, command, seconds_to_stop):
        self.seconds_to_stop = seconds_to_stop
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()
        if not self.address.startswith("ws://"):
            self.process.kill()
            raise Failure(f"the server printed no address, but {self.address!r}")
        self.control = Client(self.address)
        self.control.finish_handshake()

    def memory(self):
        """Memory in use once all connections but the control connection are gone."""
        deadline = time.monotonic() + SECONDS
        while True:
            self.control.send(b"!stats")
            memory = json.loads(self.control.receive_text())
            if memory["connections"] == 1:
                return memory
            if time.monotonic() > deadline:
                raise Failure(f"{memory['connections'] - 1} closed connections are still counted")
            time.sleep(0.05)

    def stop(self):
        """Ends the server as an operator does: clients are told that it goes away. Returns its exit status."""
        self.process.terminate()
        try:
            if self.process.poll() is None:
                self.control.expect(from_server(CLOSE_GOING_AWAY, CLOSE))
                self.control.send(CLOSE_GOING_AWAY, CLOSE)
                self.control.end()
            return self.process.wait(self.seconds_to_stop)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Failure(f"the server did not end within {self.seconds_to_stop} s of SIGTERM") from None
