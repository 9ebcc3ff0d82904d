"""How the WebSocket functions meet API Gateway: an event in, an answer out, never an exception."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gatherhub import aws
from gatherhub.errors import ErrorCode, Problem, internal, unavailable
from gatherhub.observability import logger, record_request
from gatherhub.realtime import messages
from gatherhub.table.errors import TableError

Handler = Callable[[Mapping[str, Any], Any], dict[str, Any]]

_UNAUTHORIZED = 401
_REFUSALS = {
    ErrorCode.VALIDATION_ERROR: 400,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.INTERNAL_ERROR: 500,
}
"""The HTTP status of a refused handshake; any other code is about the token."""


class Kind(StrEnum):
    """What happened on a socket."""

    CONNECT = "CONNECT"
    MESSAGE = "MESSAGE"
    DISCONNECT = "DISCONNECT"


@dataclass(frozen=True)
class SocketEvent:
    """A WebSocket event. `headers` and `query` come with CONNECT only, `body` with MESSAGE."""

    kind: str
    route: str
    connection_id: str
    request_id: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "SocketEvent":
        """Return the view of an event; header names are lower case."""
        context = event["requestContext"]
        return cls(
            kind=context["eventType"],
            route=context["routeKey"],
            connection_id=context["connectionId"],
            request_id=context["requestId"],
            headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
            query=event.get("queryStringParameters") or {},
            body=event.get("body") or "",
        )


@dataclass(frozen=True)
class Answer:
    """What the function answers; `user_id` is for the log."""

    status: int = 200
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user_id: int | None = None


def on(kind: Kind) -> Callable[[Callable[[SocketEvent], Answer]], Handler]:
    """Make a function the handler of one kind of event.

    A client chooses the route by what it sends, `$connect` and `$disconnect` included, so an event
    of another kind is answered 400 and nothing is done.
    """

    def decorate(function: Callable[[SocketEvent], Answer]) -> Handler:
        def handler(raw: Mapping[str, Any], _: Any) -> dict[str, Any]:
            started = time.perf_counter()
            event = SocketEvent.of(raw)
            logger.append_keys(request_id=event.request_id)
            answer = _answer(function, event) if event.kind == kind else Answer(status=400)
            record_request(
                route=event.route,
                status=answer.status,
                seconds=time.perf_counter() - started,
                request_id=event.request_id,
                user_id=answer.user_id,
            )
            body = {} if answer.body is None else {"body": answer.body}
            return {"statusCode": answer.status, "headers": dict(answer.headers), **body}

        return handler

    return decorate


def _answer(function: Callable[[SocketEvent], Answer], event: SocketEvent) -> Answer:
    try:
        return function(event)
    except Problem as problem:
        return _failure(event, problem)
    except Exception as error:  # noqa: BLE001  (the last place where anything can become an answer)
        if isinstance(error, TableError) or aws.is_outage(error):
            logger.error("a service did not answer", exc_info=error)
            return _failure(event, unavailable())
        logger.error("unexpected error", exc_info=error)
        return _failure(event, internal(event.request_id))


def _failure(event: SocketEvent, problem: Problem) -> Answer:
    if event.kind == Kind.MESSAGE:  # an open socket stays open and is told
        return Answer(body=messages.error(problem).text())
    return Answer(status=_REFUSALS.get(problem.code, _UNAUTHORIZED))
