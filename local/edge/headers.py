"""Which headers pass the edge, and which ones it adds."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

from aiohttp import web
from multidict import CIMultiDict

from local.edge.targets import Targets

EDGE_KEY = "x-edge-key"
VIEWER_ADDRESS = "x-viewer-address"
REQUEST_ID = "X-Request-Id"

# As the functions have it.
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}", re.ASCII)

# They speak of one connection (RFC 9110, 7.6.1), not of the message.
_HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


def end_to_end(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    """Return the headers that belong to the message, repeated ones included."""
    kept = CIMultiDict(headers)
    named = {
        name.strip().lower() for value in kept.getall("connection", []) for name in value.split(",")
    }
    for name in _HOP_BY_HOP | named:
        kept.popall(name, None)
    return kept


def request_id(request: web.BaseRequest) -> str:
    """Return the client's own request id if it is a sane one, else a new one."""
    own = request.headers.get(REQUEST_ID, "")
    return own if _SANE_REQUEST_ID.fullmatch(own) else str(uuid.uuid4())


def for_origin(request: web.Request, targets: Targets) -> CIMultiDict[str]:
    """Return a client's headers with the edge's own, of which the client's copies never count."""
    headers = end_to_end(request.headers.items())
    headers.popall("host", None)
    headers[EDGE_KEY] = targets.edge_key
    headers[VIEWER_ADDRESS] = request.remote or ""
    return headers
