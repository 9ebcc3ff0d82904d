"""One socket: questions and their answers, and what is told in between."""

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any, cast, get_args

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from gatherhub_client.messages import Message, MessageType

logger = logging.getLogger("gatherhub_client")

_ANSWERS = {"authenticated", "subscribed", "unsubscribed", "resumed", "pong", "error"}
_NOTICES = {"reconnect", "token_expired"}
_TOLD = frozenset(get_args(MessageType))


class ServerError(Exception):
    """The server answered `error`: `code` as in an HTTP error, and its `details`."""

    def __init__(self, code: str, message: str, details: dict[str, Any]) -> None:
        reasons = [f"{field}: {said}" for field, said in details.items()]
        super().__init__(" ".join([f"{code}: {message}", *reasons]))
        self.code = code
        self.details = details


class ConnectionLost(ConnectionError):
    """The socket is closed, or nobody answered on it."""


class Connection:
    """An open socket and its reader.

    `tell` gets what is no answer. `left` is set when the connection is closed or soon will be.
    """

    def __init__(
        self, socket: ClientConnection, tell: Callable[["Connection", Message], None]
    ) -> None:
        self.left = asyncio.Event()
        self.notice = ""  # with what the server announced the end, if it did
        self.collected: list[Message] | None = []  # until it is caught up
        self._socket = socket
        self._tell = tell
        self._turn = asyncio.Lock()
        self._asked: str = ""  # the type of the answer that is awaited
        self._answer: asyncio.Future[dict[str, Any]] | None = None
        self._heard: Callable[[], None] = _nothing
        self._reader = asyncio.create_task(self._read())

    @property
    def closed(self) -> bool:
        """Whether nothing comes any more."""
        return self._reader.done()

    async def ask(
        self, asked: str, answer: str, data: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """Send a message of type `asked` and return the one of type `answer` that comes back.

        One at a time: answers don't say to which question. ServerError when it is `error`,
        ConnectionLost when nothing at all comes for `seconds`: `resumed` follows after all that was
        missed. When nobody waits any longer the socket is broken off, as a late answer would be
        taken for another's.
        """
        async with self._turn:
            if self.closed:
                raise ConnectionLost("The connection is closed.")
            loop = asyncio.get_running_loop()
            self._asked, self._answer = answer, loop.create_future()
            try:
                async with asyncio.timeout(seconds) as limit:
                    self._heard = lambda: limit.reschedule(loop.time() + seconds)
                    await self._socket.send(json.dumps({"type": asked, "data": data}))
                    message = await self._answer
            except (TimeoutError, ConnectionClosed) as error:
                self.abort()
                raise ConnectionLost(f"There was no answer to {asked}.") from error
            except asyncio.CancelledError:
                self.abort()
                raise
            finally:
                self._answer, self._heard = None, _nothing
        if message["type"] == "error":
            problem = message["data"]
            raise ServerError(problem["error"], problem["message"], problem["details"])
        return message

    def abort(self) -> None:
        """Break off without waiting for anybody."""
        self.left.set()
        self._socket.transport.abort()

    async def close(self) -> None:
        """Close the socket and end the reader."""
        await self._socket.close()
        await self._reader

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._heard()
                self._take(_parsed(text))
        except ConnectionClosed:
            pass
        finally:
            self.left.set()
            if self._answer and not self._answer.done():
                self._answer.set_exception(ConnectionLost("The connection was closed."))

    def _take(self, message: dict[str, Any]) -> None:
        message_type = message.get("type")
        if message_type in _ANSWERS:
            self._take_answer(message)
        elif message_type in _NOTICES:
            self.notice = message["type"]
            self.left.set()
        elif message_type in _TOLD:
            self._tell(self, cast("Message", message))
        else:  # what API Gateway itself has to say, or a newer server
            logger.debug("the server sent what has no known type: %s", message)

    def _take_answer(self, message: dict[str, Any]) -> None:
        answer = self._answer
        if answer and not answer.done() and message["type"] in {self._asked, "error"}:
            answer.set_result(message)
        else:
            logger.warning("the server answered what was not asked: %s", message)


def _nothing() -> None:
    """Do nothing about what was heard, as nobody waits for an answer."""


def _parsed(text: str | bytes) -> dict[str, Any]:
    """Return a message, empty if it is none."""
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
