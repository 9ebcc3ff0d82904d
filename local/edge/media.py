"""Files of the private bucket."""

from __future__ import annotations

from aiohttp import ClientError, ClientSession, web
from yarl import URL

from local.edge.errors import error, unavailable
from local.edge.targets import Targets

_METHODS = {"GET": "get_object", "HEAD": "head_object"}
_ASKED = ("If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Range")
_ANSWERED = (
    "Accept-Ranges",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Last-Modified",
)


async def serve(request: web.Request, session: ClientSession, targets: Targets) -> web.Response:
    """Answer with the object whose key is the path, e.g. `media/avatars/1.jpg`."""
    if request.method not in _METHODS:
        allowed = ", ".join(_METHODS)
        return error(405, "method_not_allowed", "Files can only be read.", {"Allow": allowed})
    url = targets.s3.generate_presigned_url(
        _METHODS[request.method],
        Params={"Bucket": targets.bucket, "Key": request.path.lstrip("/")},
        ExpiresIn=60,
    )
    asked = {name: request.headers[name] for name in _ASKED if name in request.headers}
    try:
        async with session.request(
            request.method, URL(url, encoded=True), headers=asked, allow_redirects=False
        ) as answer:
            content = await answer.read()
    except (ClientError, TimeoutError):
        return unavailable()
    if answer.status in {403, 404}:
        return error(404, "not_found", "There is no such file.")
    headers = {name: answer.headers[name] for name in _ANSWERED if name in answer.headers}
    if request.method != "HEAD":
        headers.pop("Content-Length", None)
    return web.Response(status=answer.status, body=content or None, headers=headers)
