"""Posts a second and what they cost of a core: boto3's client, one by one and in threads, and ours.

The management endpoint is a stub in a process of its own that counts what it gets, with and without
a wait before each answer, and with TLS, as on AWS. Each kind of sender runs in a process of its
own, so that its processor time is its own; what it needs once (imports, clients, handshakes) is not
measured.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gatherhub.realtime import publishing
from tests import endpoint

THREADS = 50
WARM = 100  # posts before each measurement
CONNECTIONS = 10_000
SENDERS = (1, 2, 4)
AIM = 5
DATA = b'{"type":"event_created","data":{"description":"%s"}}' % (b"x" * 600)

_SPAWN = get_context("spawn")  # a fork would copy the threads' locks without the threads


@dataclass(frozen=True)
class Run:
    """What some posts took."""

    posts: int
    wall: float
    processor: float

    @property
    def rate(self) -> float:
        return self.posts / self.wall

    @property
    def cost(self) -> float:
        """Return the processor's seconds for 1,000 posts."""
        return 1_000 * self.processor / self.posts


def names(count: int) -> list[str]:
    """Return connection ids like API Gateway's."""
    return [f"L0SM9c{number:08d}c=" for number in range(count)]


def boto(url: str) -> Callable[[str], object]:
    import boto3  # noqa: PLC0415  (only the process that is measured against needs it)
    from botocore.config import Config  # noqa: PLC0415

    config = Config(max_pool_connections=THREADS)
    client: Any = boto3.client("apigatewaymanagementapi", endpoint_url=url, config=config)
    return lambda name: client.post_to_connection(ConnectionId=name, Data=DATA)


Sender = Callable[[list[str]], object]


def one_by_one(url: str) -> Sender:
    post = boto(url)
    return lambda targets: [post(name) for name in targets]


def in_threads(url: str) -> Sender:
    post = boto(url)
    pool = ThreadPoolExecutor(THREADS)
    return lambda targets: list(pool.map(post, targets))


def ours(url: str) -> Sender:
    os.environ["CONNECTIONS_URL"] = url
    delivered = publishing.Delivery(1, publishing.Outcome.DELIVERED)

    def send(targets: list[str]) -> None:
        outcome = publishing.deliver({name: [DATA] for name in targets})
        if set(outcome.values()) != {delivered}:
            raise SystemExit("not all posts were delivered")

    return send


# With how many posts, so that each takes a few seconds.
KINDS: tuple[tuple[str, Callable[[str], Sender], int, int], ...] = (
    ("boto3, one by one", one_by_one, 1_000, 300),
    (f"boto3, {THREADS} threads", in_threads, 2_000, 2_000),
    ("ours", ours, CONNECTIONS, CONNECTIONS),
)


def measure(kind: Callable[[str], Sender], url: str, count: int) -> Run:
    """Run one kind of sender in this process, once its sockets are open."""
    send = kind(url)
    targets = names(count)
    send(targets[:WARM])
    wall, processor = time.perf_counter(), time.process_time()
    send(targets)
    return Run(count, time.perf_counter() - wall, time.process_time() - processor)


def slice_of(url: str, part: list[str], barrier: Any) -> tuple[float, float]:
    """Post to a part of the connections as soon as all senders are ready; return start and end."""
    send = ours(url)
    send(part[:WARM])
    barrier.wait()
    started = time.monotonic()  # the same clock in all processes
    send(part)
    return started, time.monotonic()


def check(url: str, certificate: Path | None, connections: int, senders: int = 1) -> None:
    """End the run if the endpoint did not get exactly what was posted, signed."""
    told = endpoint.tally(url, certificate)
    expected = {
        "connections": connections,
        "bytes": (connections + senders * WARM) * len(DATA),
        "least": len(DATA),
        "most": 2 * len(DATA),  # the first ones got one before as well
        "unsigned": 0,
    }
    if told != expected:
        raise SystemExit(f"the endpoint got {told} and not {expected}")


@contextmanager
def _environment(certificate: Path) -> Iterator[None]:
    """Set what this process and those that it starts need."""
    values = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_SESSION_TOKEN": "t" * 400,  # as long as a role's
        "AWS_CA_BUNDLE": str(certificate),
    }
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def compare(latency: int, certificate: Path | None) -> None:
    """Print a line for each kind of sender against one endpoint; latency in milliseconds."""
    where = f"{'TLS' if certificate else 'plain'}, {latency} ms"
    base: Run | None = None
    with endpoint.in_a_process(latency / 1_000, certificate) as url:
        for name, kind, count, when_slow in KINDS:
            posts = when_slow if latency else count
            with ProcessPoolExecutor(1, _SPAWN) as pool:
                run = pool.submit(measure, kind, url, posts).result()
            check(url, certificate, posts)
            base = base or run
            print(
                f"{where:12} {name:18} {run.posts:6} {run.rate:8.0f} {run.rate / base.rate:7.1f}"
                f" {run.cost:8.3f} {base.cost / run.cost:7.1f}"
            )


def spread(latency: int) -> None:
    """Print how long all connections take with some numbers of sender processes."""
    with endpoint.in_a_process(latency / 1_000) as url, _SPAWN.Manager() as manager:
        for senders in SENDERS:
            targets = names(CONNECTIONS)
            barrier = manager.Barrier(senders)
            with ProcessPoolExecutor(senders, _SPAWN) as pool:
                parts = [
                    pool.submit(slice_of, url, targets[number::senders], barrier)
                    for number in range(senders)
                ]
                times = [part.result() for part in parts]
            check(url, None, CONNECTIONS, senders)
            wall = max(end for _, end in times) - min(start for start, _ in times)
            print(f"{latency:3} ms  {senders:7} {wall:7.2f} s {CONNECTIONS / wall:8.0f}")


def main() -> None:
    """Print both tables."""
    with TemporaryDirectory() as folder:
        certificate = endpoint.certificate(Path(folder))
        with _environment(certificate):
            print(
                f"Posts to connections, {len(DATA)} bytes each, {publishing.SLOTS} at once of ours"
            )
            print(
                f"{'endpoint':12} {'sender':18} {'posts':>6} {'posts/s':>8} {'ratio':>7}"
                f" {'CPU s/k':>8} {'ratio':>7}   (aim of the last: {AIM} or more)"
            )
            compare(0, None)
            compare(10, None)
            compare(0, certificate)
            print()
            print(
                f"{CONNECTIONS} connections, by sender processes, on {os.cpu_count()} cores that"
                " the endpoint needs a part of"
            )
            print(f"{'latency':7} {'senders':>7} {'time':>9} {'posts/s':>8}")
            for latency in (0, 10):
                spread(latency)
