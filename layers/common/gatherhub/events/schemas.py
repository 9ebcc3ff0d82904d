"""What clients send about events, and what they get."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.types import StringConstraints

from gatherhub.accounts.people import Person
from gatherhub.schemas import Description, Request, Response, Title, UtcTime, WholeNumber, encodable

Location = Annotated[str, StringConstraints(max_length=300), AfterValidator(encodable)]
Capacity = Annotated[WholeNumber, Field(ge=1, le=1_000_000)]
Status = Literal["upcoming", "ongoing", "completed"]


class NewEvent(Request):
    """An event to be created; `max_participants` null means that everyone may come."""

    title: Title
    description: Description = ""
    date: UtcTime
    location: Location = ""
    max_participants: Capacity | None = None


class EventSummary(Response):
    """An event as in a list."""

    id: int
    title: str
    description: str
    date: UtcTime
    location: str
    max_participants: int | None
    current_participants: int
    status: Status
    creator: Person
    created_at: UtcTime
    updated_at: UtcTime


class TaskOfEvent(Response):
    """A task as its event shows it."""

    id: int
    title: str
    status: Literal["pending", "in_progress", "completed"]


class VoteOfEvent(Response):
    """A vote as its event shows it."""

    id: int
    title: str
    status: Literal["active", "ended"]


class EventDetails(EventSummary):
    """An event with all that belongs to it; the creator is the first participant."""

    participants: list[Person]
    tasks: list[TaskOfEvent]
    votes: list[VoteOfEvent]
