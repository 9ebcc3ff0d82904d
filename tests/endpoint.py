"""The management endpoint of a WebSocket API, as a server that tests and benchmarks look into.

It answers from one thread with no more than it needs, so that a benchmark measures its clients. It
serves on any free port of loopback, in a thread (`serving`) or in a process (`in_a_process`).
"""

import asyncio
import datetime as dt
import ipaddress
import json
import multiprocessing
import re
import ssl
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPSConnection
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

STAGE = "/live"

_REQUEST = re.compile(rb"([A-Z]+) (?:/live/(?:@|%40)connections/)?(\S+) HTTP/1\.1\r\n")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_SIGNATURE = re.compile(
    rb"Authorization: AWS4-HMAC-SHA256 Credential=\w+/\d{8}/[\w-]+/execute-api/aws4_request, "
    rb"SignedHeaders=host;x-amz-date[\w;-]*, Signature=[0-9a-f]{64}\r\n"
)


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """Return an answer as API Gateway writes it."""
    lines = [f"HTTP/1.1 {status} Some words", f"Content-Length: {len(body)}"]
    lines += ["x-amzn-RequestId: 3f2b1a6c-0000-4000-8000-000000000000", "x-amz-apigw-id: ABCDEFG="]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "\r\n"]).encode() + body


OK = answer(200)
HANG = b""
CLOSE = b"close"
HOLD = b"hold"


@dataclass
class Stub:
    """What the endpoint has got, and how it answers.

    `answers` has by connection what its next requests are answered with, OK once they are used up:
    bytes as they go over the wire, or HANG, or CLOSE, which may also follow bytes, or HOLD: OK, but
    only once something has come for every connection of `until`. `always` has what all requests
    for a connection are answered with. `latency` is in seconds.
    """

    latency: float = 0.0
    answers: dict[str, list[bytes]] = field(default_factory=dict)
    always: dict[str, bytes] = field(default_factory=dict)
    until: frozenset[str] = frozenset()
    holding: list["_Client"] = field(default_factory=list)
    received: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    keep_bodies: bool = True
    counts: Counter[bytes] = field(default_factory=Counter)
    requests: list[tuple[str, str]] = field(default_factory=list)
    unsigned: int = 0
    sockets: int = 0
    open: set["_Client"] = field(default_factory=set)
    together: int = 0  # the most sockets that were open at a time
    url: str = ""

    def take(self, method: bytes, quoted: bytes, head: bytes, body: bytes) -> bytes:
        """Note a request and return what to answer."""
        if method == b"GET":
            return answer(200, json.dumps(self.tally()).encode())
        self.unsigned += not _SIGNATURE.search(head)
        if not self.keep_bodies:
            self.counts[quoted] += len(body)
            return OK
        name = unquote(quoted.decode())
        self.requests.append((method.decode(), name))
        if method == b"POST":
            self.received[name].append(body)
        if name in self.always:
            return self.always[name]
        waiting = self.answers.get(name)
        return waiting.pop(0) if waiting else OK

    def tally(self) -> dict[str, int]:
        """Return what has come since the last time: to whom, how many bytes, how many unsigned."""
        told = {
            "connections": len(self.counts),
            "bytes": self.counts.total(),
            "least": min(self.counts.values(), default=0),
            "most": max(self.counts.values(), default=0),
            "unsigned": self.unsigned,
        }
        self.counts.clear()
        self.unsigned = 0
        return told


class _Client(asyncio.Protocol):
    def __init__(self, stub: Stub) -> None:
        self._stub = stub
        self._received = b""
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._stub.sockets += 1
        self._stub.open.add(self)
        self._stub.together = max(self._stub.together, len(self._stub.open))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._stub.open.discard(self)
        self.lost.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, complete, rest = self._received.partition(b"\r\n\r\n")
        if not complete:
            return
        length = _LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) < size:
            return
        self._received = b""
        request = _REQUEST.match(head)
        if not request or len(rest) > size:
            self.transport.write(answer(400))
            return
        reply = self._stub.take(request[1], request[2], head + b"\r\n", rest)
        if reply == HOLD:
            self._stub.holding.append(self)
        if self._stub.until <= self._stub.received.keys():
            while self._stub.holding:
                self._stub.holding.pop().reply(OK)
        if reply == HOLD:
            return
        if self._stub.latency:
            loop = asyncio.get_running_loop()
            loop.call_later(self._stub.latency, self.reply, reply)
        else:
            self.reply(reply)

    def reply(self, reply: bytes) -> None:
        if reply.endswith(CLOSE):
            self.transport.write(reply.removesuffix(CLOSE))
            self.transport.close()
        elif reply:
            self.transport.write(reply)


@contextmanager
def serving(stub: Stub, certificate: Path | None = None) -> Iterator[Stub]:
    """Serve in a thread of this process; `stub.url` is where."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(_listen(loop, stub, certificate))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield stub
    finally:
        asyncio.run_coroutine_threadsafe(_end(server, stub), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(
    loop: asyncio.AbstractEventLoop, stub: Stub, certificate: Path | None
) -> asyncio.Server:
    tls = None
    if certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    server = await loop.create_server(lambda: _Client(stub), "127.0.0.1", 0, ssl=tls, backlog=1_000)
    port = server.sockets[0].getsockname()[1]
    stub.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}{STAGE}"
    return server


async def _end(server: asyncio.Server, stub: Stub) -> None:
    server.close()
    for client in list(stub.open):
        client.transport.abort()
        await client.lost.wait()


@contextmanager
def in_a_process(latency: float, certificate: Path | None = None) -> Iterator[str]:
    """Serve in another process, which only counts; returns the URL."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(there, latency, certificate), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("end")
        process.join()


def _serve(pipe: Connection, latency: float, certificate: Path | None) -> None:
    with serving(Stub(latency=latency, keep_bodies=False), certificate) as stub:
        pipe.send(stub.url)
        pipe.recv()


def tally(url: str, certificate: Path | None = None) -> dict[str, int]:
    """Return what an endpoint in another process has got since the last time (`Stub.tally`)."""
    address = urlsplit(url).netloc
    client = (
        HTTPSConnection(address, context=ssl.create_default_context(cafile=certificate))
        if certificate
        else HTTPConnection(address)
    )
    client.request("GET", "/tally")
    told: dict[str, int] = json.loads(client.getresponse().read())
    client.close()
    return told


def certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for loopback, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "loopback.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file
