"""One connection of the edge, with answers in the contract's format where aiohttp has its own.

Nothing that a client sends is repeated, neither to it nor at the terminal.
"""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import BadHttpMethod, HttpProcessingError, LineTooLong

from local.edge.errors import error
from local.edge.headers import REQUEST_ID, request_id

_LOG = logging.getLogger(__name__)

# aiohttp would show a client's sub-protocols, among them a token that has the wrong name.
logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)

_METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"


class EdgeProtocol(web.RequestHandler):
    """aiohttp's protocol with answers of our own to what it can't parse or what failed here."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,  # noqa: ARG002  (the exception tells more)
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  (it repeats what was sent)
    ) -> web.StreamResponse:
        """Return the answer to a request that broke; it closes the connection."""
        if request.writer.output_size > 0:
            raise ConnectionError("Half an answer is out; no other can follow it.")
        identifier = request_id(request)
        if isinstance(exc, HttpProcessingError):
            response = _refusal(exc)
        else:
            _LOG.error("The edge failed at %s", identifier, exc_info=exc)
            details = {"request_id": identifier}
            response = error(500, "internal_error", "Something went wrong.", details=details)
        response.headers[REQUEST_ID] = identifier
        response.force_close()
        return response


def _refusal(problem: HttpProcessingError) -> web.Response:
    # Text of aiohttp has pieces of the request in it.
    if isinstance(problem, BadHttpMethod):
        return error(405, "method_not_allowed", "There is no such method.", {"Allow": _METHODS})
    if isinstance(problem, LineTooLong):
        return error(400, "validation_error", "The address or a header is too long.")
    return error(400, "validation_error", "This is not a request that HTTP knows.")
