"""Answers that the edge gives itself, in the error format of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from aiohttp import web


def error(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    details: Mapping[str, str] | None = None,
) -> web.Response:
    """Return an error answer, e.g. `error(404, "not_found", "There is nothing here.")`."""
    body = {
        "error": code,
        "message": message,
        "details": dict(details or {}),
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return web.json_response(body, status=status, headers=headers)


def unavailable() -> web.Response:
    """Return the answer while an origin can't be reached."""
    return error(503, "service_unavailable", "The service is not available at the moment.")
