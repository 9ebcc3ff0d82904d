"""What clients send about events, and what they get."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic.types import StringConstraints

from gatherhub import clock
from gatherhub.accounts.people import Person
from gatherhub.events.words import ASKED, KEPT
from gatherhub.schemas import (
    DateBound,
    Description,
    Message,
    PathId,
    Request,
    Response,
    Title,
    UtcTime,
    WholeNumber,
    encodable,
)

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


class EventChanges(Request):
    """What to change of an event; what is not sent stays."""

    # Factories: plain defaults would be described as what a field becomes that is not sent.
    title: Title = Field(default_factory=str)
    description: Description = Field(default_factory=str)
    date: UtcTime = Field(default_factory=clock.now)
    location: Location = Field(default_factory=str)
    max_participants: Capacity | None = None


class EventFilter(Request):
    """Which events a list shows, and in which order: all conditions hold for each."""

    search: Annotated[
        str,
        Field(
            description=(
                "Words, each of which must begin a word of the title or description; case and "
                "accents don't matter. Without a letter or digit it excludes nothing. Of the query "
                f"{ASKED} words count, of an event {KEPT}, the title's first."
            )
        ),
    ] = ""
    status: Status | None = None
    creator: PathId | None = None
    date_from: DateBound | None = None
    date_to: Annotated[DateBound | None, Field(description="Inclusive.")] = None
    ordering: Literal["date", "-date"] = "-date"


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


class EventCount(Response):
    """An event as joining and leaving show it."""

    id: int
    title: str
    current_participants: int


class Participated(Message):
    """The answer to joining or leaving."""

    event: EventCount
