"""The edge as an application: which request goes where."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, WSCloseCode, web

from local.edge import http, media, sockets
from local.edge.headers import REQUEST_ID, request_id
from local.edge.targets import Targets

# Seconds; API Gateway gives a function 30, and the emulator may need a few to start one.
_ORIGIN_TIMEOUT = 60

# What aiohttp would add to a request by itself; the origin is to see what the client sent.
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


_SESSION = web.AppKey("session", ClientSession)


class EdgeApp:
    """Routes requests to the targets; `targets` may be replaced while it runs."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self._viewers: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        """Return the aiohttp application."""
        application = web.Application(client_max_size=http.MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self._answer)
        application.cleanup_ctx.append(_connections)
        application.on_response_prepare.append(_finish_headers)
        application.on_shutdown.append(self._say_goodbye)
        return application

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        session = request.app[_SESSION]
        if request.path == "/ws" or request.path.startswith("/ws/"):
            return await sockets.connect(request, session, self.targets, self._viewers)
        if request.path.startswith("/media/"):
            return await media.serve(request, session, self.targets)
        return await http.forward(request, session, self.targets)

    async def _say_goodbye(self, _: web.Application) -> None:
        closing = [viewer.close(code=WSCloseCode.GOING_AWAY) for viewer in self._viewers]
        await asyncio.gather(*closing)


async def _finish_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
    if REQUEST_ID not in response.headers:  # the answer is the edge's own, or a file
        response.headers[REQUEST_ID] = request_id(request)


async def _connections(application: web.Application) -> AsyncIterator[None]:
    async with ClientSession(
        connector=TCPConnector(limit=0),
        cookie_jar=DummyCookieJar(),  # cookies are the clients', not the edge's
        timeout=ClientTimeout(total=_ORIGIN_TIMEOUT),
        auto_decompress=False,
        skip_auto_headers=_NOT_ADDED,
    ) as session:
        application[_SESSION] = session
        yield
