"""Requests for the HTTP API."""

from __future__ import annotations

import io

from aiohttp import ClientError, ClientSession, web
from yarl import URL

from local.edge.errors import error, unavailable
from local.edge.headers import end_to_end, for_origin
from local.edge.targets import Targets

# Bytes; API Gateway takes no more.
MAX_BODY = 10 * 1024 * 1024


async def forward(request: web.Request, session: ClientSession, targets: Targets) -> web.Response:
    """Answer what the HTTP API answers."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        message = f"The body is larger than {MAX_BODY // 1024 // 1024} MB."
        return error(413, "payload_too_large", message)
    headers = for_origin(request, targets)
    # The API's functions see one body, whatever way the client sent it.
    headers.popall("content-length", None)
    url = URL(targets.http_api + _origin_path(request.raw_path), encoded=True)
    try:
        async with session.request(
            request.method,
            url,
            headers=headers,
            data=io.BytesIO(body) if body else None,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
    except (ClientError, TimeoutError):
        return unavailable()
    passed = end_to_end(answer.headers.items())
    if request.method != "HEAD":
        passed.popall("content-length", None)
    return web.Response(status=answer.status, body=content or None, headers=passed)


def _origin_path(raw_path: str) -> str:
    """Path and query as sent, but without the slash that API Gateway's route keys can't end in."""
    path, mark, query = raw_path.partition("?")
    return (path.rstrip("/") or "/") + mark + query
