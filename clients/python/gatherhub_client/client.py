"""Following changes over any number of connections, as docs/realtime.md says it is done."""

import asyncio
import inspect
import logging
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

import websockets

from gatherhub_client.connection import Connection, ConnectionLost, ServerError
from gatherhub_client.history import History, Subscription
from gatherhub_client.messages import TOPICS, Message, MessageType, Topic

logger = logging.getLogger("gatherhub_client")

Status = Literal["connecting", "open", "closed"]
_Fetch = Literal["ready", "gap"]
Token = Callable[[bool], Awaitable[str]]

_REFUSED = {"not_authenticated", "token_invalid", "token_expired"}
_TOO_LATE = 1.0  # seconds before its end in which a token is not renewed any more


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    renewal: float = 60  # before a token expires; half of the remaining time if that is less
    heartbeat: float = 60  # between pings
    pong: float = 10  # in which a ping must be answered
    answer: float = 30  # in which anything else must be: API Gateway gives a function 29
    backoff: float = 0.5  # the longest first wait before connecting again; it doubles
    longest_backoff: float = 30
    stable: float = 10  # after which a connection lets the waits begin afresh
    closing: float = 2  # for the other side to answer that it closes


class Client:
    """What `connect` yields: iterate over it, or register callbacks."""

    def __init__(  # noqa: PLR0913  (for `connect`, which explains them)
        self,
        url: str,
        wanted: Sequence[Subscription],
        *,
        token: Token,
        ready: Callable[[], object] | None,
        gap: Callable[[], object] | None,
        status: Callable[[Status], object] | None,
        timing: Timing,
    ) -> None:
        self._url = url.rstrip("/")
        self._wanted = list(wanted)
        self._token = token
        self._fetches = {"ready": ready, "gap": gap or ready}
        self._status = status
        self._timing = timing
        self._history = History()
        # What is to be handed out: messages, "ready" before the first, "gap" where some are
        # missing, None at the end.
        self._deliveries: asyncio.Queue[Message | _Fetch | None] = asyncio.Queue()
        self._callbacks: dict[str, list[Callable[[Any], object]]] = defaultdict(list)
        self._current: Connection | None = None
        self._expired = False  # the token that was shown last
        # Held while subscriptions change and while a connection is made that is to have them.
        self._changing = asyncio.Lock()
        self._taken_over = asyncio.Event()  # another one for each connection
        self._ended = False
        self._wait = timing.backoff
        self._running: asyncio.Task[None] | None = None
        self._handing_out: asyncio.Task[None] | None = None
        self._tending: list[asyncio.Task[None]] = []

    def on(self, message_type: MessageType, callback: Callable[[Any], object]) -> None:
        """Call `callback(message)`, a function or coroutine function, for each message of a type.

        One call after the other, in order; an exception is logged. Register all callbacks before
        awaiting anything: what came till then waits for the first.
        """
        self._callbacks[message_type].append(callback)
        if self._handing_out is None:
            self._handing_out = asyncio.create_task(self._hand_out())

    def __aiter__(self) -> Self:
        if self._handing_out:
            raise RuntimeError("The messages go to the callbacks.")
        return self

    async def __anext__(self) -> Message:
        while isinstance(delivery := await self._deliveries.get(), str):
            if fetch := self._fetches[delivery]:
                await _call(fetch)
        if delivery is None:
            self._deliveries.put_nowait(None)  # for whoever asks again
            raise StopAsyncIteration
        return delivery

    async def subscribe(self, topics: Iterable[Topic], event: int | None = None) -> None:
        """Listen to more, on this connection and those that follow it.

        Waits while there is no connection. ServerError when the server refuses.
        """
        await self._change("subscribe", "subscribed", topics, event)

    async def unsubscribe(self, topics: Iterable[Topic], event: int | None = None) -> None:
        """Listen to less: without `event` the topics go altogether. As `subscribe` otherwise."""
        await self._change("unsubscribe", "unsubscribed", topics, event)

    async def start(self) -> None:
        """Connect, and return when messages come; tries until it works."""
        self._set_status("connecting")
        self._running = asyncio.create_task(self._run())
        await self._taken_over.wait()

    async def close(self) -> None:
        """Close for good. Iteration ends after what was received; callbacks are called no more."""
        if self._ended:
            return
        self._ended = True
        tasks = [*self._tending, self._running, self._handing_out]
        others = [task for task in tasks if task and task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        if self._current:
            await self._current.close()
        self._deliveries.put_nowait(None)
        self._taken_over.set()
        self._set_status("closed")

    async def _run(self) -> None:
        """Keep a connection open: the next one takes over before the one that ends is closed."""
        now = asyncio.get_running_loop().time
        while True:
            old = self._current
            connection = await self._establish()
            opened = now()
            if old:
                await old.close()
            await connection.left.wait()
            self._expired = connection.notice == "token_expired"
            stable = now() - opened >= self._timing.stable
            if stable:
                self._wait = self._timing.backoff
            if not connection.notice:
                self._set_status("connecting")
            if not (stable and connection.notice):
                await self._back_off()

    async def _establish(self) -> Connection:
        while True:
            try:
                async with self._changing:
                    return await self._open()
            except Exception as error:  # noqa: BLE001  (whatever it is, also of the token callback)
                logger.warning("connecting failed: %r", error)
            await self._back_off()

    async def _back_off(self) -> None:
        # Full jitter: thousands of clients lose their connections at the same moment.
        await asyncio.sleep(random.uniform(0, self._wait))  # noqa: S311
        self._wait = min(self._wait * 2, self._timing.longest_backoff)

    async def _open(self) -> Connection:
        """Return a connection that is caught up and has taken over."""
        path, there = _entrance(self._wanted)
        socket = await websockets.connect(
            self._url + path,
            open_timeout=self._timing.answer,
            close_timeout=self._timing.closing,
            ping_interval=None,  # what is at the other end is asked, not the gateway
        )
        connection = Connection(socket, self._tell)
        try:
            authenticated = await self._authenticate(connection)
            await self._subscribe_again(connection, there)
            is_first = self._history.last_id is None
            place, recovered = await self._catch_up(connection, authenticated["id"])
        except BaseException:
            connection.abort()
            raise
        if is_first or not recovered:
            self._deliveries.put_nowait("ready" if is_first else "gap")
            self._history.fetch(self._wanted, authenticated["timestamp"])
        self._take_over(connection, place)
        self._tend(connection, _lifetime(authenticated))
        return connection

    async def _authenticate(self, connection: Connection) -> dict[str, Any]:
        if not self._expired:
            try:
                return await self._show_token(connection, refresh=False)
            except ServerError as error:
                if error.code not in _REFUSED:
                    raise
        answer = await self._show_token(connection, refresh=True)
        self._expired = False
        return answer

    async def _show_token(self, connection: Connection, *, refresh: bool) -> dict[str, Any]:
        token = await self._token(refresh)
        return await self._ask(connection, "authenticate", "authenticated", {"token": token})

    async def _subscribe_again(self, connection: Connection, there: list[Subscription]) -> None:
        missing: dict[int | None, list[Topic]] = defaultdict(list)
        for topic, event in self._wanted:
            if (topic, event) not in there:
                missing[event].append(topic)
        for event, topics in missing.items():
            await self._ask(connection, "subscribe", "subscribed", _selection(topics, event))
        if not self._wanted:
            topics = [topic for topic, _ in there]
            await self._ask(connection, "unsubscribe", "unsubscribed", _selection(topics, None))

    async def _catch_up(self, connection: Connection, place: str) -> tuple[str, bool]:
        """Resume; return from where to do it the next time, and whether nothing is missing."""
        last_id = self._history.last_id
        if last_id is None:
            return place, True
        try:
            answer = await self._ask(connection, "resume", "resumed", {"last_id": last_id})
        except ServerError as error:
            if error.code == "validation_error":  # the id is of another server
                return place, False
            raise
        return answer["id"], answer["data"]["recovered"]

    def _take_over(self, connection: Connection, place: str) -> None:
        collected, connection.collected = connection.collected or [], None
        self._current = connection
        self._deliver(self._history.new_in_order(collected))
        self._history.begin(place)
        self._taken_over.set()
        self._taken_over = asyncio.Event()
        self._set_status("open")

    def _tell(self, connection: Connection, message: Message) -> None:
        if connection.collected is not None:
            connection.collected.append(message)
        elif connection is self._current:
            self._deliver(self._history.new([message]))

    def _deliver(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._deliveries.put_nowait(message)

    def _tend(self, connection: Connection, lifetime: float) -> None:
        for task in self._tending:
            task.cancel()
        tending = (self._heartbeat(connection), self._renew(connection, lifetime))
        self._tending = [asyncio.create_task(task) for task in tending]

    async def _heartbeat(self, connection: Connection) -> None:
        with suppress(ConnectionLost):  # which ends the connection as well
            while True:
                await asyncio.sleep(self._timing.heartbeat)
                with suppress(ServerError):  # an answer too
                    await connection.ask("ping", "pong", {}, self._timing.pong)

    async def _renew(self, connection: Connection, lifetime: float) -> None:
        """Authenticate again before the token expires, while there is time also after a failure."""
        now = asyncio.get_running_loop().time
        expires = now() + lifetime
        while (remaining := expires - now()) > _TOO_LATE and not connection.closed:
            await asyncio.sleep(max(remaining - self._timing.renewal, remaining / 2))
            try:
                answer = await self._show_token(connection, refresh=True)
                expires = now() + _lifetime(answer)
            except Exception as error:  # noqa: BLE001  (whatever the token callback raises)
                logger.warning("renewing the token failed: %r", error)

    async def _ask(
        self, connection: Connection, asked: str, answer: str, data: dict[str, Any]
    ) -> dict[str, Any]:
        return await connection.ask(asked, answer, data, self._timing.answer)

    async def _change(
        self, asked: str, answer: str, topics: Iterable[Topic], event: int | None
    ) -> None:
        data = _selection(topics, event)
        while True:
            connection = await self._usable()
            async with self._changing:
                if connection is not self._current:  # it was replaced while this waited
                    continue
                with suppress(ConnectionLost):  # the next one is asked
                    message = await self._ask(connection, asked, answer, data)
                    listed = message["data"]["subscriptions"]
                    before = self._wanted
                    self._wanted = [(each["topic"], each["event"]) for each in listed]
                    new = [place for place in self._wanted if place not in before]
                    self._history.fetch(new, message["timestamp"])
                    return

    async def _usable(self) -> Connection:
        """Wait for a connection that is not about to end."""
        while self._current is None or self._current.left.is_set():
            if self._ended:
                raise ConnectionLost("The client is closed.")
            await self._taken_over.wait()
        return self._current

    def _set_status(self, status: Status) -> None:
        if self._status:
            try:
                self._status(status)
            except Exception:
                logger.exception("the status callback failed")

    async def _hand_out(self) -> None:
        while not self._ended:
            try:
                message = await anext(self)
            except StopAsyncIteration:
                return
            for callback in self._callbacks[message["type"]]:
                await _call(callback, message)


@asynccontextmanager
async def connect(  # noqa: PLR0913  (most have defaults)
    url: str,
    *,
    token: Token,
    topics: Sequence[Topic] = TOPICS,
    event: int | None = None,
    ready: Callable[[], object] | None = None,
    gap: Callable[[], object] | None = None,
    status: Callable[[Status], object] | None = None,
    timing: Timing | None = None,
) -> AsyncIterator[Client]:
    """Follow the changes of `topics`, of one `event` or of all, as long as the block lasts.

    The block begins once it is connected, however long that takes; failures are logged
    (`gatherhub_client`). From then on each message is handed out once and in order, whatever
    happens to connections. TypeError or ValueError for arguments that can never work.

    Parameters
    ----------
    url
        Of the host, e.g. `wss://gatherhub.example.org`.
    token
        `await token(refresh)` returns an access token; a new one when `refresh` is true, as the
        last has been refused or soon will be.
    ready
        Called, and awaited if that is possible, before the first message is handed out: fetch what
        you show.
    gap
        The same when messages may be missing: fetch afresh. What is handed out afterwards is newer.
        `ready` is called when it is left out.
    status
        Called with `connecting`, `open` and `closed`.
    """
    _check(url, topics, event, token)
    wanted = [(topic, event) for topic in topics]
    client = Client(
        url,
        wanted,
        token=token,
        ready=ready,
        gap=gap,
        status=status,
        timing=timing or Timing(),
    )
    try:
        await client.start()
        yield client
    finally:
        await client.close()


def _check(url: str, topics: Sequence[Topic], event: int | None, token: Token) -> None:
    """Refuse what would be tried for ever in vain."""
    if not url.startswith(("ws://", "wss://")):
        raise ValueError(f"{url!r} does not begin with ws:// or wss://.")
    if isinstance(topics, str):
        raise TypeError("Topics are a list of names.")
    if unknown := [topic for topic in topics if topic not in TOPICS]:
        raise ValueError(f"There is no topic {unknown[0]!r}.")
    if event is not None and not isinstance(event, int):
        raise TypeError(f"The event {event!r} is not an id.")
    if not callable(token):
        raise TypeError("The token is a coroutine function that returns one.")


async def _call(callback: Callable[..., object], *arguments: object) -> None:
    try:
        result = callback(*arguments)
        if inspect.isawaitable(result):
            await result
    except Exception:
        logger.exception("a callback failed")


def _entrance(wanted: list[Subscription]) -> tuple[str, list[Subscription]]:
    """Return the path that brings the most of what is wanted, and what it brings."""
    first, event = wanted[0] if wanted else (TOPICS[0], None)
    query = "" if event is None else f"?event={event}"
    everything: list[Subscription] = [(topic, event) for topic in TOPICS]
    if set(everything) <= set(wanted):
        return f"/ws/{query}", everything
    return f"/ws/{first}/{query}", [(first, event)]


def _selection(topics: Iterable[Topic], event: int | None) -> dict[str, Any]:
    return {"topics": list(topics), "event": event}


def _lifetime(authenticated: dict[str, Any]) -> float:
    """Return for how many seconds a token lasts, by the server's clock alone."""
    expires = datetime.fromisoformat(authenticated["data"]["expires_at"])
    return (expires - datetime.fromisoformat(authenticated["timestamp"])).total_seconds()
