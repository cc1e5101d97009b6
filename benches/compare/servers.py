"""The servers: which there are, and one of them between its first line and its end."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SERVERS = ROOT / "benches" / "servers"
RELEASE = ROOT / "target" / "release"

# How a peer is found: the variable that names its path, and whether the path is an extension (True), an autoloader
# (False) or the server itself (None).
PEERS = {
    "workerman": ("WORKERMAN_AUTOLOAD", False),
    "ratchet": ("RATCHET_AUTOLOAD", False),
    "amphp": ("AMPHP_AUTOLOAD", False),
    "swoole": ("SWOOLE_EXTENSION", True),
    "uwebsockets": ("UWEBSOCKETS_SERVER", None),
}


class Failed(Exception):
    """A run that does not count."""


@dataclass
class Server:
    name: str
    command: list
    environment: dict = field(default_factory=dict)
    # Scenarios it takes part in; empty: all.
    scenarios: tuple = ()
    # The server whose figure of the same round its own is compared with, beside the native reference.
    beside: str = ""


def find_servers(options):
    """Native first, Ferry second, then the peers whose path is set."""
    native = str(RELEASE / "ferry-native")
    if not Path(native).exists():
        sys.exit("benches/run: target/release/ferry-native is missing: run without --no-build")
    ini = [part for setting in options.php_ini for part in ("-d", setting)]
    extension = options.extension or RELEASE / "libferry.so"
    servers = [
        Server("native", [native]),
        Server(
            "native, flush per message",
            [native, "--flush", "message"],
            scenarios=("echo-1", "echo-16", "large-64k", "large-1m"),
        ),
        Server(
            "native, own codec",
            [native, "--mode", "own"],
            scenarios=("echo-1", "echo-16", "large-64k", "large-1m"),
        ),
    ]
    if extension.exists():
        command = [options.php, *ini, "-d", f"extension={extension.resolve()}", str(SERVERS / "ferry.php")]
        servers.append(Server("ferry", command))
        over_tls = ("echo-1", "echo-16", "broadcast", "large-64k", "large-1m", "connect", "idle")
        servers.append(Server("ferry, TLS", command, {"FERRY_BENCH_TLS": "1"}, over_tls, beside="ferry"))
        in_fibers = ("echo-1", "echo-16")
        servers.append(Server("ferry, fibers", command, {"FERRY_BENCH_FIBERS": "1"}, in_fibers, beside="ferry"))
    else:
        print(f"benches/run: no {extension}: the table has no row for Ferry", file=sys.stderr)
    for name, (variable, is_extension) in PEERS.items():
        path = os.environ.get(variable)
        if not path:
            continue
        if not Path(path).exists():
            sys.exit(f"benches/run: {variable}={path}: no such file")
        if is_extension is None:
            servers.append(Server(name, [str(Path(path).resolve())]))
            continue
        load = ["-d", f"extension={Path(path).resolve()}"] if is_extension else []
        environment = {} if is_extension else {variable: str(Path(path).resolve())}
        servers.append(Server(name, [options.php, *ini, *load, str(SERVERS / f"{name}.php")], environment))
    if options.server:
        known = [server.name for server in servers]
        for name in options.server:
            if name not in known:
                sys.exit(f"benches/run: no server {name!r}; there are {', '.join(known)}")
        servers = [server for server in servers if server.name in ("native", *options.server)]
    return servers


def pin(core):
    return None if core is None else lambda: os.sched_setaffinity(0, {core})


class Running:
    """A server between its first line and its end."""

    def __init__(self, command, environment, core):
        self.errors = tempfile.TemporaryFile(mode="w+")
        command = list(command)
        if "ferry-native" not in command[0]:
            command.append(str(free_port()))
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            # A group of its own: a server that forks is ended with its children.
            start_new_session=True,
            preexec_fn=pin(core),
        )
        self.address = None
        self.known = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        """Finds the address, then keeps the pipe empty: a full one would block a server that talks."""
        for line in self.process.stdout:
            found = re.search(r"wss?://127\.\d+\.\d+\.\d+:\d+\S*", line)
            if found and not self.address:
                self.address = found.group(0)
                self.known.set()
        self.known.set()

    def __enter__(self):
        self.known.wait(20)
        if not self.address:
            self.end()
            raise Failed(f"the server printed no address{self.complaint()}")
        return self

    def __exit__(self, *_):
        self.end()

    def processes(self):
        """The server's process and its descendants."""
        pids = [self.process.pid]
        for pid in pids:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                pids += [int(child) for child in children.read_text().split()]
        return pids

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.reader.join(5)

    def complaint(self):
        self.errors.seek(0)
        text = self.errors.read().strip()
        return f"\n  the server's stderr: {text[-500:]}" if text else ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
