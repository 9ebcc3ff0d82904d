"""The server's side of docs/realtime.md in the hands of a test: what a client must cope with.

It runs in a thread of its own, so that tests of a browser, which block, and of asyncio use it
alike; everything here may be called from any thread. Only `wait_until` blocks: in a coroutine,
`await asyncio.to_thread(server.wait_until, …)`.

    with ScriptedServer() as server:
        ...                                     # a client opens server.url + "/ws/events/"
        server.wait_until(lambda: server.authenticated)
        server.publish(server.message("event_deleted", {"event_id": 5}))
        server.sockets[0].cut()

A message that a test wants a client to miss is put into `log` without being sent. `answers` has a
function for each type of client message; replace one to answer otherwise, or not at all:

    server.answers["ping"] = lambda socket, data: []
"""

import asyncio
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

Message = dict[str, Any]
Answer = Callable[["Socket", dict[str, Any]], Iterable[Message]]

TOPICS = ("events", "tasks", "voting")
_PATHS = {f"/ws/{topic}/": (topic,) for topic in TOPICS} | {"/ws/": TOPICS}
_WAIT = 5.0  # seconds


@dataclass(eq=False)
class Socket:
    """One connection, open or not: `said` is all that the client sent on it."""

    path: str
    query: dict[str, str]
    connection: ServerConnection
    loop: asyncio.AbstractEventLoop
    authenticated: bool = False
    closed: bool = False
    said: list[Message] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    subscriptions: set[tuple[str, int | None]] = field(default_factory=set)

    def send(self, *messages: Message) -> None:
        """Send messages, whoever the client is; nothing happens on a closed socket."""
        sending = self.deliver(messages)
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(_WAIT)

    def send_text(self, text: str) -> None:
        """Send what need not be a message."""
        sending = self.connection.send(text)
        asyncio.run_coroutine_threadsafe(sending, self.loop).result(_WAIT)

    def close(self, code: int = 1000) -> None:
        """Close as API Gateway does, with a closing handshake."""
        asyncio.run_coroutine_threadsafe(self.connection.close(code), self.loop).result(_WAIT)

    def cut(self) -> None:
        """Break the TCP connection without a word."""
        self.loop.call_soon_threadsafe(self.connection.transport.abort)

    def heard(self, message_type: str) -> list[dict[str, Any]]:
        """Return the data of what the client said of one type."""
        return [said.get("data", {}) for said in self.said if said["type"] == message_type]

    async def deliver(self, messages: Iterable[Message]) -> None:
        """Send from the server's own loop."""
        try:
            for message in messages:
                await self.connection.send(json.dumps(message))
        except ConnectionClosed:
            pass


class ScriptedServer:
    """A server on a free port of this machine; `with` starts and stops it."""

    def __init__(self) -> None:
        self.url = ""  # ws://127.0.0.1:…, without a path
        self.sockets: list[Socket] = []  # all that ever were, in the order of their opening
        self.log: list[Message] = []  # what `resume` answers from
        self.recovered = True
        self.token_seconds = 3_600.0  # what `expires_at` says; nothing is closed by it
        self.refused: dict[str, str] = {}  # tokens, and the error code with which they are refused
        self.handshake_status: int | None = None  # refuses every handshake when it is set
        self.answers: dict[str, Answer] = {
            "authenticate": self.authenticate,
            "subscribe": self.subscribe,
            "unsubscribe": self.unsubscribe,
            "resume": self.resume,
            "ping": lambda *_: [self.message("pong")],
        }
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(_WAIT)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    @property
    def authenticated(self) -> list[Socket]:
        """The open sockets that receive messages."""
        return [socket for socket in self.sockets if socket.authenticated and not socket.closed]

    def message(self, message_type: str, data: dict[str, Any] | None = None) -> Message:
        """Return a new message; its id is greater than all before it. Nothing is sent."""
        now = datetime.now(UTC)
        return {
            "type": message_type,
            "data": data or {},
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "id": f"{int(now.timestamp()):010d}-{next(self._numbers):040d}",
        }

    def publish(self, *messages: Message) -> None:
        """Log messages and send them on every authenticated socket, whatever its topics."""
        self.log.extend(messages)
        for socket in self.authenticated:
            socket.send(*messages)

    def wait_until(self, condition: Callable[[], object], seconds: float = _WAIT) -> None:
        """Block until something is so; AssertionError when it does not become so in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.005)

    def error(self, code: str) -> Message:
        """Return an error answer."""
        return self.message("error", {"error": code, "message": "No.", "details": {}})

    def authenticate(self, socket: Socket, data: dict[str, Any]) -> list[Message]:
        """Let any token in that is not in `refused`."""
        token = data["token"]
        socket.tokens.append(token)
        if token in self.refused:
            return [self.error(self.refused[token])]
        socket.authenticated = True
        user = {"user_id": 1, "expires_at": _later(self.token_seconds), "closes_at": _later(7_200)}
        return [self.message("authenticated", user)]

    def subscribe(self, socket: Socket, data: dict[str, Any]) -> list[Message]:
        """Add to what the socket listens to."""
        socket.subscriptions |= {(topic, data.get("event")) for topic in _named(data)}
        return [self._listed("subscribed", socket)]

    def unsubscribe(self, socket: Socket, data: dict[str, Any]) -> list[Message]:
        """Take from what the socket listens to; without an event the topics go altogether."""
        event = data.get("event")
        socket.subscriptions -= {
            (topic, narrowed)
            for topic, narrowed in socket.subscriptions
            if topic in _named(data) and event in {None, narrowed}
        }
        return [self._listed("unsubscribed", socket)]

    def resume(self, _: Socket, data: dict[str, Any]) -> list[Message]:
        """Answer what is in the log since the id, then `resumed` with `recovered`."""
        missed = [message for message in self.log if message["id"] > data["last_id"]]
        return [*missed, self.message("resumed", {"recovered": self.recovered})]

    def _listed(self, message_type: str, socket: Socket) -> Message:
        key = sorted(socket.subscriptions, key=lambda one: (one[0], one[1] or 0))
        listed = [{"topic": topic, "event": event} for topic, event in key]
        return self.message(message_type, {"subscriptions": listed})

    def _work(self) -> None:
        self._loop.run_until_complete(self._run())
        self._loop.run_until_complete(_end_the_rest())

    async def _run(self) -> None:
        options: dict[str, Any] = {"ping_interval": None, "compression": None, "close_timeout": 1}
        async with serve(
            self._serve, "127.0.0.1", 0, process_request=self._handshake, **options
        ) as server:
            port = server.sockets[0].getsockname()[1]
            self.url = f"ws://127.0.0.1:{port}"
            self._listening.set()
            await self._stop.wait()
            for socket in self.sockets:
                socket.connection.transport.abort()

    def _handshake(self, connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        token = parse_qs(address.query).get("token", [""])[0]
        status = self.handshake_status or (401 if token in self.refused else None)
        if address.path not in _PATHS:
            status = 404
        return connection.respond(HTTPStatus(status), "") if status else None

    async def _serve(self, connection: ServerConnection) -> None:
        assert connection.request
        address = urlsplit(connection.request.path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        socket = Socket(address.path, query, connection, self._loop, "token" in query)
        event = int(query["event"]) if "event" in query else None
        socket.subscriptions = {(topic, event) for topic in _PATHS[address.path]}
        self.sockets.append(socket)
        try:
            async for text in connection:
                said: Message = json.loads(text)
                socket.said.append(said)
                await socket.deliver(self._answer(socket, said))
        except ConnectionClosed:
            pass
        finally:
            socket.closed = True

    def _answer(self, socket: Socket, said: Message) -> Iterable[Message]:
        if said["type"] not in {"authenticate", "ping"} and not socket.authenticated:
            return [self.error("not_authenticated")]
        return self.answers[said["type"]](socket, said.get("data", {}))


async def _end_the_rest() -> None:
    """Cancel what still runs: whoever was just connecting again was not among the sockets yet."""
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _named(data: dict[str, Any]) -> tuple[str, ...]:
    return TOPICS if "all" in data["topics"] else tuple(data["topics"])


def _later(seconds: float) -> str:
    """Return a time from now, with milliseconds: tests do not wait for whole seconds."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
