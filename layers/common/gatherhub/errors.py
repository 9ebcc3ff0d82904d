"""What can be wrong with a request, in the words of the contract.

Domain code raises a `Problem`; `http.errors` alone knows which status it becomes.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from gatherhub import clock

NON_FIELD = "non_field_errors"
"""The key under which `details` holds what concerns a body as a whole."""


class ErrorCode(StrEnum):
    """Every value of `error` in a response."""

    VALIDATION_ERROR = "validation_error"
    INVALID_JSON = "invalid_json"
    INVALID_CREDENTIALS = "invalid_credentials"
    ALREADY_PARTICIPANT = "already_participant"
    EVENT_FULL = "event_full"
    NOT_PARTICIPANT = "not_participant"
    ALREADY_VOTED = "already_voted"
    INVALID_OPTIONS = "invalid_options"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_INVALID = "token_invalid"  # noqa: S105  (an error code, not a secret)
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    ACCOUNT_DISABLED = "account_disabled"
    PERMISSION_DENIED = "permission_denied"
    CREATOR_CANNOT_LEAVE = "creator_cannot_leave"
    VOTING_ENDED = "voting_ended"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    USERNAME_TAKEN = "username_taken"
    EMAIL_TAKEN = "email_taken"
    PAYLOAD_TOO_LARGE = "payload_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RATE_LIMIT_EXCEEDED = "rate_limit_exceeded"
    INTERNAL_ERROR = "internal_error"
    SERVICE_UNAVAILABLE = "service_unavailable"


class Problem(Exception):
    """A request that can't be done, and why.

    Parameters
    ----------
    code
        The contract's code for it.
    message
        One sentence for a person.
    details
        Field name to messages, or whatever the code documents; empty when there is nothing to say.
    headers
        HTTP headers that the answer must carry, e.g. `Allow`.
    """

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


def invalid(field: str, *messages: str) -> Problem:
    """Return the validation error of one field."""
    return invalid_fields({field: messages})


def invalid_fields(fields: Mapping[str, Sequence[str]]) -> Problem:
    """Return the validation error of several fields, each with its messages."""
    details = {field: list(messages) for field, messages in fields.items()}
    return Problem(ErrorCode.VALIDATION_ERROR, "The request is not valid.", details)


def not_found(kind: str) -> Problem:
    """Return the error for a `kind` (e.g. "event") that does not exist."""
    return Problem(ErrorCode.NOT_FOUND, f"The {kind} does not exist.")


def unavailable(retry_after: int = 1) -> Problem:
    """Return the error for a store that can't answer now; try again in `retry_after` seconds."""
    return Problem(
        ErrorCode.SERVICE_UNAVAILABLE,
        "The service can't answer at the moment. Try again shortly.",
        headers={"Retry-After": str(retry_after)},
    )


def internal(request_id: str) -> Problem:
    """Return the error that shows nothing of what went wrong but where to look it up."""
    return Problem(
        ErrorCode.INTERNAL_ERROR,
        "Something went wrong on our side. Quote the request id when you report it.",
        {"request_id": request_id},
    )


def rate_limited(limit: int, window: str, reset: int) -> Problem:
    """Return the error for a used-up window: `window` in words, `reset` in Unix seconds."""
    wait = max(1, reset - clock.epoch())
    return Problem(
        ErrorCode.RATE_LIMIT_EXCEEDED,
        f"Rate limit exceeded. Try again in {wait} seconds.",
        {"limit": limit, "window": window, "reset_at": clock.to_text(clock.from_epoch(reset))},
        {"Retry-After": str(wait)},
    )
