"""Connections to the WebSocket API."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from aiohttp import (
    ClientError,
    ClientSession,
    ClientWebSocketResponse,
    WSCloseCode,
    WSMsgType,
    WSServerHandshakeError,
    web,
)
from multidict import CIMultiDict
from yarl import URL

from local.edge.errors import error, unavailable
from local.edge.headers import for_origin
from local.edge.targets import Targets

# The topics that each path carries.
_TOPICS = {"": "all", "events": "events", "tasks": "tasks", "voting": "voting"}

# Bytes of one message; API Gateway closes the connection on a longer one.
_MAX_MESSAGE = 128 * 1024

# Seconds between pings that find clients which have gone without saying so.
_HEARTBEAT = 60

_TOKEN_PREFIX = "access_token."  # noqa: S105  # not a secret

# Codes that describe how a connection ended and that no one may send (RFC 6455, 7.4.1).
_SENDABLE = {
    WSCloseCode.ABNORMAL_CLOSURE: WSCloseCode.INTERNAL_ERROR,
    1005: WSCloseCode.OK,  # closed without a code
    1015: WSCloseCode.INTERNAL_ERROR,  # TLS failed
}


def topics_of(path: str) -> str | None:
    """Return what `/ws/events/` listens to, `events`; None for a path that isn't a socket."""
    parts = path.strip("/").split("/")
    return _TOPICS.get("/".join(parts[1:])) if parts[0] == "ws" else None


def sendable(code: int | None) -> int:
    """Return the code to close one side with when the other side closed with `code`."""
    return WSCloseCode.OK if code is None else _SENDABLE.get(code, code)


async def connect(
    request: web.Request,
    session: ClientSession,
    targets: Targets,
    viewers: set[web.WebSocketResponse],
) -> web.StreamResponse:
    """Join a viewer with the WebSocket API until one of them closes.

    The handshake with the API comes first: where the API refuses, so does the edge. `viewers`
    holds the open connections.
    """
    topics = topics_of(request.path)
    if topics is None:
        return error(404, "not_found", "There is no such socket.")
    offered = _offered_protocols(request)
    viewer = web.WebSocketResponse(
        # The emulator doesn't answer for the protocol that carries the token; AWS does.
        protocols=[name for name in offered if name.startswith(_TOKEN_PREFIX)],
        max_msg_size=_MAX_MESSAGE,
        heartbeat=_HEARTBEAT,
    )
    if not viewer.can_prepare(request):
        upgrade = {"Upgrade": "websocket"}
        return error(426, "upgrade_required", "This address is a WebSocket.", upgrade)
    url = URL(targets.socket_api, encoded=True).with_query({**request.query, "topics": topics})
    try:
        origin = await session.ws_connect(
            url, protocols=offered, headers=_handshake_headers(request, targets), max_msg_size=0
        )
    except WSServerHandshakeError as refusal:
        return _refusal(refusal.status)
    except (ClientError, TimeoutError):
        return unavailable()
    try:
        await viewer.prepare(request)
        viewers.add(viewer)
        await asyncio.gather(_pump(viewer, origin), _pump(origin, viewer))
    finally:
        viewers.discard(viewer)
        # Also when aiohttp cancels this function, because the viewer is gone.
        await origin.close(code=sendable(viewer.close_code))
    return viewer


async def _pump(
    source: web.WebSocketResponse | ClientWebSocketResponse,
    sink: web.WebSocketResponse | ClientWebSocketResponse,
) -> None:
    """Pass messages on until `source` closes, then close `sink` the same way."""
    async for message in source:
        if message.type is not WSMsgType.TEXT:
            await source.close(code=WSCloseCode.UNSUPPORTED_DATA)  # as API Gateway does
            break
        try:
            await sink.send_str(message.data)
        except ConnectionError:
            break
    await sink.close(code=sendable(source.close_code))


def _offered_protocols(request: web.Request) -> list[str]:
    listed = request.headers.getall("Sec-WebSocket-Protocol", [])
    return [name.strip() for line in listed for name in line.split(",") if name.strip()]


def _handshake_headers(request: web.Request, targets: Targets) -> CIMultiDict[str]:
    """Return the viewer's headers without those of its own handshake; the origin's has others."""
    headers = for_origin(request, targets)
    for name in {name for name in headers if name.lower().startswith("sec-websocket-")}:
        headers.popall(name)
    return headers


def _refusal(status: int) -> web.Response:
    if status == HTTPStatus.UNAUTHORIZED:
        bearer = {"WWW-Authenticate": "Bearer"}
        return error(401, "token_invalid", "The access token is not valid.", bearer)
    if status == HTTPStatus.FORBIDDEN:
        return error(403, "permission_denied", "The connection was refused.")
    return unavailable()
