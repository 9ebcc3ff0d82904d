"""The management endpoint of the WebSocket API, as a server on loopback that tests look into."""

import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from gatherhub import aws, clock, settings
from gatherhub.realtime.deadlines import Look

# What SQS does not take.
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Queue:
    """The deadlines' queue: what was sent to it, as messages and delays in seconds."""

    sent: list[tuple[Look, int]] = field(default_factory=list)
    broken: bool = False

    def take(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803
        assert 0 <= DelaySeconds <= 900  # what SQS takes
        if self.broken:
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        self.sent.append((Look.model_validate_json(MessageBody), DelaySeconds))

    def last(self) -> tuple[Look, int]:
        return self.sent[-1]


class Queues:
    """All queues; they deliver nothing by themselves."""

    def __init__(self) -> None:
        self.deadlines = Queue()
        self.slices: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.down = False

    def send_message(self, **message: Any) -> None:
        url = message["QueueUrl"]
        if self.down:
            raise EndpointConnectionError(endpoint_url=url)
        if _REFUSED.search(message["MessageBody"]):
            raise ClientError({"Error": {"Code": "InvalidMessageContents"}}, "SendMessage")
        if url == settings.deadlines_queue_url():
            self.deadlines.take(**message)
        elif url == settings.deliveries_queue_url():
            self.slices.append(message)
        else:
            assert url == settings.failures_queue_url()
            self.failures.append(json.loads(message["MessageBody"]))


class Clients:
    """The clients behind the endpoint: what each has received, and which ones fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.received: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.statuses: dict[str, int] = {}
        self.attempts: dict[str, int] = defaultdict(int)
        self.closed: list[str] = []
        self.refusals: dict[str, int] = {}  # the answers to closing a connection

    def post(self, connection_id: str, data: bytes) -> int:
        with self._lock:
            self.attempts[connection_id] += 1
            status = self.statuses.get(connection_id, 200)
            if status == 200:
                self.received[connection_id].append(json.loads(data))
            return status

    def close(self, connection_id: str) -> int:
        with self._lock:
            status = self.refusals.get(connection_id, 204)
            if status == 204:
                self.closed.append(connection_id)
                self.refusals[connection_id] = self.statuses[connection_id] = 410
            return status

    def ids(self, connection_id: str) -> list[int]:
        """Return the ids of the events that a client was told of, in their order."""
        return [message["data"]["id"] for message in self.received[connection_id]]


class _Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clients: Clients

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(self.clients.post(self._connection_id(), data))

    def do_DELETE(self) -> None:
        self._answer(self.clients.close(self._connection_id()))

    def _connection_id(self) -> str:
        return unquote(self.path.rpartition("/@connections/")[2])

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        if status != 204:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        pass


@pytest.fixture(scope="session")
def _endpoint() -> Iterator[tuple[str, Clients]]:
    everyone = Clients()
    endpoint = type("Endpoint", (_Endpoint,), {"clients": everyone})
    with ThreadingHTTPServer(("127.0.0.1", 0), endpoint) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/live", everyone
        server.shutdown()
        thread.join()


@pytest.fixture
def clients(_endpoint: tuple[str, Clients], monkeypatch: pytest.MonkeyPatch) -> Clients:
    """Let the code under test reach clients, none of whom has received anything yet."""
    url, everyone = _endpoint
    monkeypatch.setenv("CONNECTIONS_URL", url)
    everyone.reset()
    return everyone


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Queues:
    """Let the code under test send to queues that deliver nothing by themselves."""
    fake, real = Queues(), aws.client

    def client(service: str, endpoint_url: str | None = None) -> Any:
        return fake if service == "sqs" else real(service, endpoint_url)

    monkeypatch.setattr(aws, "client", client)
    return fake


@pytest.fixture
def queue(queues: Queues) -> Queue:
    """Return the deadlines' queue."""
    return queues.deadlines


class Clock:
    """The present second, which goes on only when told to."""

    def __init__(self, now: int) -> None:
        self.now = now

    def epoch(self) -> int:
        return self.now

    def advance(self, seconds: int) -> None:
        self.now += seconds


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stop the clock. Tokens are still checked by the real one."""
    stopped = Clock(clock.epoch())
    monkeypatch.setattr(clock, "epoch", stopped.epoch)
    return stopped
