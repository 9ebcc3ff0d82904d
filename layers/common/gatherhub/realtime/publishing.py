"""Posting messages to connections, as many a second as one core can.

botocore's client takes a millisecond or two of a core for each call, and threads don't help, as
they share that core. So its credentials and certificates are used here, but not its client:
requests are signed in `signing` and sent in `wire`.
"""

import asyncio
import random
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from botocore.exceptions import BotoCoreError

from gatherhub import aws, settings
from gatherhub.observability import logger
from gatherhub.realtime.signing import Signer
from gatherhub.realtime.wire import Stale, Wire, run

SLOTS = 100
"""To how many connections one call posts at once; each that hangs takes one of them."""

ATTEMPTS = 3
_PAUSE = 0.2  # seconds; the longest first pause, the next may be twice as long

_PORTS = {"http": 80, "https": 443}
_DONE = range(200, 300)
_CLOSED = {*_DONE, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class Outcome(Enum):
    """What became of a post."""

    DELIVERED = "delivered"
    GONE = "gone"  # there is no such connection (any more, or not yet)
    FAILED = "failed"  # another attempt, later, may succeed


@dataclass(frozen=True)
class Delivery:
    """What became of the messages for one connection.

    `delivered` counts them from the first on; `outcome` is that of the last attempt, and so
    DELIVERED when all went.
    """

    delivered: int
    outcome: Outcome


def post(connection_id: str, data: bytes) -> Outcome:
    """Post one message, up to three times within ten seconds."""
    return deliver({connection_id: [data]})[connection_id].outcome


def deliver(todo: Mapping[str, Sequence[bytes]]) -> dict[str, Delivery]:
    """Post messages to connections side by side, to each of them strictly in order.

    What follows a connection's first message that was not delivered is not posted. A connection
    that hangs takes ten seconds, and holds up others only when there are SLOTS like it.
    """
    return endpoint().deliver(todo)


def hang_up(connection_id: str) -> bool:
    """Close a connection and tell whether it is closed now; a failure is logged.

    API Gateway closes every connection after two hours.
    """
    return endpoint().hang_up(connection_id)


def endpoint() -> "Endpoint":
    """Return the management endpoint. Tests that want no network put their own in its place."""
    return _endpoint(settings.connections_url())


@cache
def _endpoint(url: str) -> "Endpoint":
    return Endpoint(url)


class Endpoint:
    """The management endpoint of the WebSocket API at one address."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        usual_port = _PORTS[address.scheme]
        self._host = address.netloc.removesuffix(f":{usual_port}")
        self._path = address.path.rstrip("/") + "/@connections/"
        tls = None
        if address.scheme == "https":
            tls = ssl.create_default_context(cafile=aws.certificates())
        port = address.port or usual_port
        self._wire = Wire(str(address.hostname), port, tls=tls, keep=SLOTS)

    def deliver(self, todo: Mapping[str, Sequence[bytes]]) -> dict[str, Delivery]:
        """Do what the function of this name says; raises BotoCoreError without credentials."""
        return run(self._deliver(todo, self._signer()))

    def hang_up(self, connection_id: str) -> bool:
        """Do what the function of this name says."""
        try:
            status = run(self._ask("DELETE", connection_id, b"", self._signer()))
        except (OSError, BotoCoreError) as error:
            _log("a connection was not closed", connection_id, error)
            return False
        if status not in _CLOSED:
            _log("a connection was not closed", connection_id, status)
        return status in _CLOSED

    def _signer(self) -> Signer:
        # Asked for in the caller's thread, as credentials may have to be fetched anew.
        return Signer(aws.credentials(), aws.region(), self._host)

    async def _deliver(
        self, todo: Mapping[str, Sequence[bytes]], signer: Signer
    ) -> dict[str, Delivery]:
        done: dict[str, Delivery] = {}
        waiting = iter(todo.items())

        async def slot() -> None:
            for connection_id, messages in waiting:
                done[connection_id] = await self._in_order(connection_id, messages, signer)

        async with asyncio.TaskGroup() as slots:
            for _ in range(min(SLOTS, len(todo))):
                slots.create_task(slot())
        return done

    async def _in_order(
        self, connection_id: str, messages: Sequence[bytes], signer: Signer
    ) -> Delivery:
        for number, data in enumerate(messages):
            outcome = await self._post(connection_id, data, signer)
            if outcome is not Outcome.DELIVERED:
                return Delivery(number, outcome)
        return Delivery(len(messages), Outcome.DELIVERED)

    async def _post(self, connection_id: str, data: bytes, signer: Signer) -> Outcome:
        try:
            status = await self._ask("POST", connection_id, data, signer)
        except OSError as error:
            _log("a post failed", connection_id, error)
            return Outcome.FAILED
        if status in _DONE:
            return Outcome.DELIVERED
        if status == HTTPStatus.GONE:
            return Outcome.GONE
        _log("a post failed", connection_id, status)
        return Outcome.FAILED

    async def _ask(self, method: str, connection_id: str, data: bytes, signer: Signer) -> int:
        """Return the status of the last attempt's answer; raises OSError when there was none.

        A message that comes twice for it does no harm: clients drop ids that they know.
        """
        request = signer.request(method, self._path + quote(connection_id, safe=""), data)
        fresh = False
        for pause in _pauses():
            try:
                status = await self._wire.ask(request, fresh=fresh)
            except Stale:
                fresh = True
                continue
            except OSError:
                fresh = True  # whatever silenced that connection may have silenced others
            else:
                if not _may_pass(status):
                    return status
            await asyncio.sleep(pause)
        return await self._wire.ask(request, fresh=fresh)


def _pauses() -> Iterator[float]:
    """Yield how long to wait after each attempt but the last: anything up to a growing limit."""
    for number in range(ATTEMPTS - 1):
        yield random.uniform(0, _PAUSE * 2**number)  # noqa: S311  (it spreads load, no secret)


def _may_pass(status: int) -> bool:
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _log(what: str, connection_id: str, reason: object) -> None:
    logger.warning(what, connection_id=connection_id, reason=repr(reason))
