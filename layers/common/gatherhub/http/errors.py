"""Where every error becomes an HTTP answer in the contract's format, and nowhere else."""

import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response, content_types
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from gatherhub import clock
from gatherhub.errors import NON_FIELD, ErrorCode, Problem, invalid_fields

_STATUS: dict[ErrorCode, int] = {
    ErrorCode.VALIDATION_ERROR: 400,
    ErrorCode.INVALID_JSON: 400,
    ErrorCode.INVALID_CREDENTIALS: 400,
    ErrorCode.ALREADY_PARTICIPANT: 400,
    ErrorCode.EVENT_FULL: 400,
    ErrorCode.NOT_PARTICIPANT: 400,
    ErrorCode.ALREADY_VOTED: 400,
    ErrorCode.INVALID_OPTIONS: 400,
    ErrorCode.NOT_AUTHENTICATED: 401,
    ErrorCode.TOKEN_INVALID: 401,
    ErrorCode.TOKEN_EXPIRED: 401,
    ErrorCode.ACCOUNT_DISABLED: 401,
    ErrorCode.PERMISSION_DENIED: 403,
    ErrorCode.CREATOR_CANNOT_LEAVE: 403,
    ErrorCode.VOTING_ENDED: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.METHOD_NOT_ALLOWED: 405,
    ErrorCode.USERNAME_TAKEN: 409,
    ErrorCode.EMAIL_TAKEN: 409,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.RATE_LIMIT_EXCEEDED: 429,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}
_UNAUTHORIZED = 401
_PYDANTIC_PREFIX = "Value error, "


def status_of(code: ErrorCode) -> int:
    """Return the HTTP status of an error code."""
    return _STATUS[code]


def to_response(problem: Problem) -> Response[str]:
    """Return the answer for a problem: `{"error", "message", "details", "timestamp"}`."""
    status = _STATUS[problem.code]
    headers: dict[str, str | list[str]] = dict(problem.headers)
    if status == _UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    body = {
        "error": problem.code,
        "message": problem.message,
        "details": problem.details,
        "timestamp": clock.to_text(clock.now()),
    }
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        body=json.dumps(body, ensure_ascii=False),
        headers=headers,
    )


def from_validation(error: RequestValidationError) -> Problem:
    """Return what pydantic found wrong, by field; a malformed id in the path is a 404."""
    fields: dict[str, list[str]] = {}
    for entry in error.errors():
        place, *path = entry["loc"]
        if place == "path":
            return Problem(ErrorCode.NOT_FOUND, "There is nothing at this address.")
        if place == "query":
            path = path[-1:]  # parameters come as one model, whose name is none of theirs
        field = ".".join(str(part) for part in path) or NON_FIELD
        fields.setdefault(field, []).append(_message(entry))
    return invalid_fields(fields)


def _message(entry: Mapping[str, Any]) -> str:
    text = str(entry["msg"]).removeprefix(_PYDANTIC_PREFIX)
    return "This field is required." if entry["type"] == "missing" else text
