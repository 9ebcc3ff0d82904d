"""The field types that requests and responses of several domains share."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.types import Strict, StringConstraints

from gatherhub import clock, ids

# Digits past the sixth are cut, as the time is kept in whole seconds anyway.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?\s?([Zz]|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_ID = re.compile(r"[1-9]\d{0,15}", re.ASCII)


def parse_time(value: Any) -> datetime:
    """Return a time sent by a client in UTC and whole seconds; no offset means UTC.

    ValueError for anything that is not an ISO 8601 date and time.
    """
    if isinstance(value, datetime):
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("Enter a date and time such as 2024-01-01T12:00:00Z.")
    day, time_of_day, offset = match.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time_of_day}{(offset or 'Z').upper()}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("This date and time does not exist.") from None


def parse_id(value: Any) -> int:
    """Return an id that came as text in a path or query; ValueError when it can't be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _ID.fullmatch(value) and int(value) <= ids.MAX_ID:
        return int(value)
    raise ValueError("Enter an id: a positive whole number.")


def encodable(value: str) -> str:
    """Return `value`; ValueError for half of a surrogate pair.

    JSON can spell one, but no store and no client can take it.
    """
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("This text is not valid Unicode.") from None
    return value


_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Bound(NamedTuple):
    """One end of a date filter: the first moment it means, and the first one after it.

    A day means all of its seconds, a time means one; `after` is None beyond the last year.
    """

    at: datetime
    after: datetime | None


def parse_bound(value: Any) -> Bound:
    """Return what a date filter means; ValueError unless it is a day or a time."""
    if isinstance(value, Bound):
        return value
    whole_day = isinstance(value, str) and _DAY.fullmatch(value)
    try:
        moment = parse_time(f"{value}T00:00:00Z" if whole_day else value)
    except ValueError:
        raise ValueError("Enter a day such as 2024-01-31 or a date and time.") from None
    try:
        return Bound(moment, moment + (timedelta(days=1) if whole_day else timedelta(seconds=1)))
    except OverflowError:
        return Bound(moment, None)


DateBound = Annotated[
    Bound,
    BeforeValidator(parse_bound),
    WithJsonSchema({"type": "string", "examples": ["2024-01-31", "2024-01-31T12:00:00Z"]}),
]
UtcTime = Annotated[
    datetime,
    BeforeValidator(parse_time),
    PlainSerializer(clock.to_text, return_type=str),
    Field(examples=["2024-01-01T12:00:00Z"]),
]
PathId = Annotated[int, BeforeValidator(parse_id)]
WholeNumber = Annotated[int, Strict()]
Text = Annotated[str, AfterValidator(encodable)]
# The constraints come before our own check: after it, they would measure before they strip, and
# speak of "items after validation".
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(encodable),
]
Description = Annotated[str, StringConstraints(max_length=5_000), AfterValidator(encodable)]


@dataclass(frozen=True)
class Upload:
    """A file that came with a form. Its name and declared type prove nothing and are left out."""

    content: bytes = field(repr=False)


class Request(BaseModel):
    """What a client sends: unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")


class Response(BaseModel):
    """What a client gets: built by our code alone, so a surplus field is a mistake."""

    model_config = ConfigDict(extra="forbid")


class Message(Response):
    """An answer that has nothing but a sentence to say."""

    message: str
