"""The management endpoint of the WebSocket API, as a server on loopback that tests look into."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import EndpointConnectionError

from gatherhub import aws, settings


class Queues:
    """The queues, by their URLs: the parameters of all messages sent, oldest first."""

    def __init__(self) -> None:
        self.sent: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.down = False

    def send_message(self, **message: Any) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url=message["QueueUrl"])
        self.sent[message["QueueUrl"]].append(message)

    @property
    def slices(self) -> list[dict[str, Any]]:
        return self.sent[settings.deliveries_queue_url()]

    @property
    def failures(self) -> list[dict[str, Any]]:
        return [json.loads(one["MessageBody"]) for one in self.sent[settings.failures_queue_url()]]


class Clients:
    """The clients behind the endpoint: what each has received, and which ones fail."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.received: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.statuses: dict[str, int] = {}
        self.attempts: dict[str, int] = defaultdict(int)
        self.hung_up: list[str] = []

    def post(self, connection_id: str, data: bytes) -> int:
        with self._lock:
            self.attempts[connection_id] += 1
            status = self.statuses.get(connection_id, 200)
            if status == 200:
                self.received[connection_id].append(json.loads(data))
            return status

    def ids(self, connection_id: str) -> list[int]:
        """Return the ids of the events that a client was told of, in their order."""
        return [message["data"]["id"] for message in self.received[connection_id]]


class _Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    clients: Clients

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.clients.post(unquote(self.path.rpartition("/@connections/")[2]), data)
        self.send_response(status)
        if status == 410:
            self.send_header("x-amzn-ErrorType", "GoneException")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_DELETE(self) -> None:
        self.clients.hung_up.append(unquote(self.path.rpartition("/@connections/")[2]))
        self.send_response(204)
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
    """Stand in for the queues."""
    all_of_them = Queues()
    client = aws.client

    def client_of(service: str, endpoint_url: str | None = None) -> Any:
        return all_of_them if service == "sqs" else client(service, endpoint_url)

    monkeypatch.setattr(aws, "client", client_of)
    return all_of_them
