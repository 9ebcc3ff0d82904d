"""Keep-alive connections to one HTTP server, many at once in one thread.

Ours, because the clients that there are cost more than the posts: with http.client or urllib3 in
threads a third to a tenth as many go through a core, with aiohttp a third, and it would be six more
packages in the layer (docs/decisions.md has the figures). What makes it small is that of an answer
only the status matters. Sockets, TLS and the clock are asyncio's.
"""

import asyncio
import re
import threading
import time
from collections.abc import Coroutine
from functools import lru_cache
from ssl import SSLContext
from typing import Any, TypeVar, cast

CONNECT_SECONDS = 1.0
READ_SECONDS = 2.0
# After a container was frozen, a server may have forgotten a connection without a word; a post on
# it would wait for the whole of READ_SECONDS.
_IDLE_SECONDS = 30.0
_LONGEST_ANSWER = 65_536  # bytes; API Gateway's have a few hundred

_STATUS = re.compile(rb"http/1\.[01] (\d{3})[ \r]")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n")
_LAST = re.compile(rb"\A(?!http/1\.1)|\r\n(?:connection:[ \t]*close|transfer-encoding:)")

Result = TypeVar("Result")


class Stale(ConnectionError):
    """The server closed a connection that was kept, before it answered on it."""


class Wire:
    """Connections to one server; use it from `run` alone."""

    def __init__(self, host: str, port: int, *, tls: SSLContext | None, keep: int) -> None:
        self._host, self._port, self._tls, self._keep = host, port, tls, keep
        self._idle: list[tuple[_Line, float]] = []

    async def ask(self, request: bytes, *, fresh: bool = False) -> int:
        """Send a request and return the status of its answer.

        `fresh` asks for a connection that was not used before. Raises Stale, or another OSError
        (TimeoutError for one) when there was no answer.
        """
        kept = None if fresh else self._kept()
        line = kept or await self._open()
        try:
            status = await line.ask(request)
        except ConnectionError as error:
            if kept and line.silent:
                raise Stale(str(error)) from error
            raise
        if line.usable and len(self._idle) < self._keep:
            self._idle.append((line, time.monotonic()))
        else:
            line.close()
        return status

    def _kept(self) -> "_Line | None":
        oldest = time.monotonic() - _IDLE_SECONDS
        while self._idle:
            line, since = self._idle.pop()
            if line.usable and since > oldest:
                return line
            line.close()
        return None

    async def _open(self) -> "_Line":
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(CONNECT_SECONDS):
            _, line = await loop.create_connection(_Line, self._host, self._port, ssl=self._tls)
        return line


class _Line(asyncio.Protocol):
    """One connection, on which one request at a time is asked."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[int] | None = None
        self.usable = True

    @property
    def silent(self) -> bool:
        """Tell whether nothing has come since the last whole answer."""
        return not self._received

    async def ask(self, request: bytes) -> int:
        """Return the status of the answer; without one the connection is closed."""
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        # asyncio.timeout would cost as much as the rest of a post.
        timer = loop.call_later(READ_SECONDS, self._fail, TimeoutError("no answer in time"))
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close the connection at once, whatever is under way on it."""
        self.usable = False
        self._transport.abort()

    # What asyncio calls:

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits for an answer."""
        self._fail(ConnectionResetError(str(exc or "closed by the server")))

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer, and settle it once it is whole."""
        self._received += data
        if self._answer is None or self._answer.done() or len(self._received) > _LONGEST_ANSWER:
            self._fail(ConnectionAbortedError("an answer that was not asked for, or without end"))
            return
        head, complete, body = self._received.partition(b"\r\n\r\n")
        if complete:
            self._take((head + b"\r\n").lower(), body)

    def _take(self, head: bytes, body: bytes) -> None:
        status = _STATUS.match(head)
        if not status:
            self._fail(ConnectionAbortedError("not an answer in HTTP/1.1"))
        elif status[1].startswith(b"1"):  # an interim answer; the real one follows
            self._received = b""
            if body:
                self.data_received(body)
        else:
            self._settle(int(status[1]), head, body)

    def _settle(self, status: int, head: bytes, body: bytes) -> None:
        length = _LENGTH.search(head)
        if not length or _LAST.search(head):
            # Where the body ends doesn't matter on a connection that is not used again.
            self.usable = False
        elif len(body) < int(length[1]):
            return
        elif len(body) > int(length[1]):
            self.usable = False
        self._received = b""
        cast("asyncio.Future[int]", self._answer).set_result(status)

    def _fail(self, error: OSError) -> None:
        self.close()
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what `work` returns, from any thread.

    It runs beside what other threads have brought here, all in one thread of its own: so the
    connections outlive a call, and no two threads ever share one.
    """
    with _lock:
        loop = _loop()
    return asyncio.run_coroutine_threadsafe(work, loop).result()


_lock = threading.Lock()


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="wire", daemon=True).start()
    return loop
