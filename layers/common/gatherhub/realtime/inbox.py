"""What clients say on a socket, and the answers."""

from typing import Literal

from pydantic import ValidationError

from gatherhub.errors import NON_FIELD, ErrorCode, Problem, invalid_fields
from gatherhub.realtime.messages import Message, MessageType, reply
from gatherhub.schemas import Request

MAX_BYTES = 8_192


class Ping(Request):
    """`{"type": "ping"}`, to see whether anybody is there."""

    type: Literal["ping"]


def answer(body: str) -> Message:
    """Return the answer to a client's message; Problem when there is none to be had."""
    _parse(body)
    return reply(MessageType.PONG)


def _parse(body: str) -> Ping:
    if len(body.encode(errors="replace")) > MAX_BYTES:
        raise Problem(
            ErrorCode.PAYLOAD_TOO_LARGE,
            f"The message is larger than {MAX_BYTES:,} bytes.",
            {"limit_bytes": MAX_BYTES},
        )
    try:
        return Ping.model_validate_json(body)
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> Problem:
    fields: dict[str, list[str]] = {}
    for entry in error.errors():
        if entry["type"] == "json_invalid":
            return Problem(ErrorCode.INVALID_JSON, "The message is not valid JSON.")
        field = ".".join(str(part) for part in entry["loc"]) or NON_FIELD
        fields.setdefault(field, []).append(entry["msg"])
    return invalid_fields(fields)
