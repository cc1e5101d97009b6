"""What is measured, how the load generator is called for it, and what Ferry must reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One figure of a run. `path` leads to it in ferry-load's report; `latency` to p50_us and p99_us, if it has them."""

    title: str
    unit: str
    path: tuple
    latency: tuple = ()
    scale: float = 1.0
    # What Ferry must reach: ("ratio" or "value", ">=" or "<=", bound). The ratio is to the native reference.
    must: tuple = ()
    # And as a multiple of these servers, where they take part: ((name, bound), …).
    beat: tuple = ()
    # What variants of Ferry must reach of "ferry" in the same rounds: ((name, least), …).
    beside: tuple = ()
    # The pauses show that bbr makes.
    pauses: bool = False


@dataclass(frozen=True)
class Scenario:
    name: str
    # Arguments of ferry-load before and after the address.
    load: str
    arguments: tuple
    measures: tuple
    native: tuple = ()
    # Servers that take part; empty: all.
    only: tuple = ()
    # Arguments that --quick adds.
    quick: tuple = ()
    token: bool = False
    # Servers compress.
    compression: bool = False
    # What the server is told through its environment.
    environment: tuple = ()
    # Memory does not depend on the cores it is measured on: once is enough.
    pinned_only: bool = False


RATE = ("messages_per_second",)
# tungstenite fills its read buffer with zeros before each read. 16 KiB instead of its 128 KiB is worth a third at 128 B
# messages and doubles the connect rate; large messages want the 128 KiB. The reference gets what suits it best.
SMALL_READS = ("--read-buffer", "16384")
# The bound of all outboxes in the scenario "deaf".
DEAF_BYTES = 64 << 20
SCENARIOS = (
    Scenario(
        "echo-1",
        "echo",
        ("--connections", "64", "--size", "128", "--depth", "1"),
        (
            Measure(
                "echo 128 B, 64 × 1 in flight",
                "msg/s",
                RATE,
                ("latency",),
                must=("ratio", ">=", 0.75),
                beat=(("uwebsockets", 0.7),),
            ),
        ),
        native=SMALL_READS,
    ),
    Scenario(
        "echo-16",
        "echo",
        ("--connections", "64", "--size", "128", "--depth", "16"),
        (
            Measure(
                "echo 128 B, 64 × 16 in flight",
                "msg/s",
                RATE,
                ("latency",),
                must=("ratio", ">=", 0.60),
                beat=(("swoole", 6), ("workerman", 8), ("ratchet", 8), ("uwebsockets", 0.55), ("native, own codec", 0.7)),
                beside=(("ferry, fibers", 0.9),),
            ),
        ),
        native=SMALL_READS,
    ),
    Scenario(
        "broadcast",
        "broadcast",
        ("--connections", "1000", "--size", "128", "--window", "16"),
        (
            Measure(
                "broadcast 128 B to 1000",
                "deliveries/s",
                ("deliveries_per_second",),
                ("latency",),
                must=("ratio", ">=", 1.50),
                beat=(("swoole", 3), ("uwebsockets", 0.95)),
            ),
        ),
        native=("--mode", "hub", *SMALL_READS),
    ),
    Scenario(
        "large-64k",
        "echo",
        ("--connections", "8", "--size", "65536", "--depth", "1"),
        (
            Measure(
                "echo 64 KiB, 8 × 1",
                "MB/s",
                ("megabytes_per_second",),
                ("latency",),
                must=("ratio", ">=", 0.70),
                beat=(("uwebsockets", 0.8),),
            ),
        ),
    ),
    Scenario(
        "large-1m",
        "echo",
        ("--connections", "8", "--size", "1048576", "--depth", "1"),
        (
            Measure(
                "echo 1 MiB, 8 × 1",
                "MB/s",
                ("megabytes_per_second",),
                ("latency",),
                must=("ratio", ">=", 0.70),
                beat=(("uwebsockets", 0.8),),
            ),
        ),
    ),
    # tungstenite has no compression, so there is no native reference: the peer is what counts.
    Scenario(
        "echo-compressed",
        "echo",
        ("--connections", "64", "--size", "1024", "--depth", "16", "--compress"),
        (Measure("echo 1 KiB compressed, 64 × 16", "msg/s", RATE, ("latency",), beat=(("uwebsockets", 0.7),)),),
        only=("ferry", "uwebsockets"),
        compression=True,
    ),
    Scenario(
        "echo-uncompressed",
        "echo",
        ("--connections", "64", "--size", "1024", "--depth", "16"),
        (Measure("the same uncompressed", "msg/s", RATE, ("latency",)),),
        only=("ferry", "uwebsockets"),
    ),
    Scenario(
        "broadcast-compressed",
        "broadcast",
        ("--connections", "1000", "--size", "1024", "--window", "16", "--compress"),
        (
            Measure(
                "broadcast 1 KiB compressed to 1000",
                "deliveries/s",
                ("deliveries_per_second",),
                ("latency",),
                beat=(("uwebsockets", 0.95),),
            ),
        ),
        only=("ferry", "uwebsockets"),
        compression=True,
    ),
    Scenario(
        "connect",
        "connect",
        ("--concurrency", "64"),
        (
            Measure(
                "connect, upgrade, close", "per s", ("handshakes_per_second",), ("latency",), must=("ratio", ">=", 0.50)
            ),
        ),
        native=SMALL_READS,
    ),
    Scenario(
        "connect-token",
        "connect",
        ("--concurrency", "64"),
        (
            Measure(
                "the same with a JWT (HS256) in the URL; only Ferry verifies it",
                "per s",
                ("handshakes_per_second",),
                ("latency",),
                must=("ratio", ">=", 0.40),
            ),
        ),
        native=SMALL_READS,
        only=("native", "ferry"),
        token=True,
    ),
    Scenario(
        "idle",
        "idle",
        ("--connections", "10000"),
        (
            Measure("idle memory per connection (RSS)", "B", ("bytes_per_connection",), must=("value", "<=", 2560)),
            Measure(
                "the same after one echo", "B", ("bytes_per_connection_after_echo",), must=("value", "<=", 4096)
            ),
        ),
        # The smallest buffer that tungstenite's documentation advises for many quiet connections.
        native=("--read-buffer", "4096"),
        quick=("--connections", "1000"),
        pinned_only=True,
    ),
    Scenario(
        "idle-room",
        "idle",
        ("--connections", "10000"),
        (
            Measure(
                "idle in a room, after onOpen (RSS)", "B", ("bytes_per_connection",), must=("value", "<=", 1536)
            ),
        ),
        only=("ferry",),
        quick=("--connections", "1000"),
        pinned_only=True,
        environment=(("FERRY_BENCH_ROOM", "lobby"),),
    ),
    Scenario(
        "deaf",
        "deaf",
        ("--connections", "1000", "--deaf", "300", "--size", "1024", "--window", "16"),
        (
            Measure(
                f"300 that never read beside 1000: resident growth, outboxes bounded to {DEAF_BYTES >> 20} MiB",
                "MiB",
                ("resident_growth",),
                scale=1 / (1 << 20),
                must=("value", "<=", DEAF_BYTES >> 20),
            ),
            Measure("300 that never read: p99 of the 1000", "× without", ("p99_ratio",), must=("value", "<=", 1.5), pauses=True),
        ),
        only=("ferry",),
        quick=("--connections", "200"),
        environment=(("FERRY_BENCH_SLOW", str(DEAF_BYTES)),),
    ),
    Scenario(
        "blocked",
        "blocked",
        ("--connections", "50"),
        (
            Measure(
                "handler sleeps 200 ms: ping of another client, p99",
                "ms",
                ("ping", "p99_us"),
                ("ping",),
                scale=1e-3,
                must=("value", "<=", 5.0),
            ),
            Measure(
                "handler sleeps 200 ms: broadcast issued just before, p99",
                "ms",
                ("delivery", "p99_us"),
                ("delivery",),
                scale=1e-3,
                must=("value", "<=", 10.0),
            ),
        ),
        native=("--mode", "hub", *SMALL_READS),
    ),
)
