"""The messages of docs/realtime.md, as dicts that type checkers know.

`message["type"]` tells them apart: after `if message["type"] == "event_left":` a type checker knows
what `message["data"]` is. Times are ISO 8601 in UTC, ids are integers unless they are of messages.
"""

from typing import Generic, Literal, TypeAlias, TypedDict, TypeVar

Topic: TypeAlias = Literal["events", "tasks", "voting"]
TOPICS: tuple[Topic, ...] = ("events", "tasks", "voting")

_Type = TypeVar("_Type")
_Data = TypeVar("_Data")


class Person(TypedDict):
    """A creator, participant or assignee, by their present name."""

    id: int
    username: str
    first_name: str
    last_name: str
    avatar: str | None


class Event(TypedDict):
    """An event as in a list."""

    id: int
    title: str
    description: str
    date: str
    location: str
    max_participants: int | None
    current_participants: int
    status: Literal["upcoming", "ongoing", "completed"]
    creator: Person
    created_at: str
    updated_at: str


class Participation(TypedDict):
    """Who joined or left, and how many there are now."""

    event_id: int
    current_participants: int
    user: Person


class EventReference(TypedDict):
    """An event that is gone."""

    event_id: int


class EventOfTask(TypedDict):
    """The event of a task; `title` is `(deleted)` when it has been deleted since."""

    id: int
    title: str


class Task(TypedDict):
    """A task as in a list."""

    id: int
    title: str
    description: str
    status: Literal["pending", "in_progress", "completed"]
    priority: Literal["low", "medium", "high", "urgent"]
    due_date: str | None
    event: EventOfTask
    assignee: Person | None
    creator: Person
    created_at: str
    updated_at: str
    completed_at: str | None


class TaskReference(TypedDict):
    """A task that is gone."""

    task_id: int
    event_id: int


class EventOfVote(EventOfTask):
    """The event of a vote; `date` is null when it has been deleted since."""

    date: str | None


class Option(TypedDict):
    """An option with its share; `percentage` is of ballots."""

    id: int
    text: str
    vote_count: int
    percentage: float


class Vote(TypedDict):
    """A vote as in details, without anything about one viewer."""

    id: int
    title: str
    description: str
    status: Literal["active", "ended"]
    event: EventOfVote
    creator: Person
    options: list[Option]
    total_votes: int
    ends_at: str | None
    multiple_choice: bool
    created_at: str


class Result(TypedDict):
    """How an option did."""

    option_id: int
    text: str
    vote_count: int
    percentage: float


class Winner(TypedDict):
    """The option that most ballots chose."""

    option_id: int
    text: str


class EndedVote(Vote):
    """A vote that is over; `winner` is null without ballots and on a tie."""

    results: list[Result]
    winner: Winner | None


class Results(TypedDict):
    """The results so far."""

    id: int
    title: str
    status: Literal["active", "ended"]
    total_votes: int
    results: list[Result]
    ends_at: str | None
    winner: Winner | None


class Ballot(TypedDict):
    """A ballot was cast; nobody is told by whom."""

    vote_id: int
    event_id: int
    total_votes: int


class VoteReference(TypedDict):
    """A vote that is gone."""

    vote_id: int
    event_id: int


class Told(TypedDict, Generic[_Type, _Data]):
    """What every message has. `id` is opaque, unique, and sorts by time."""

    type: _Type
    data: _Data
    timestamp: str
    id: str


Message: TypeAlias = (
    Told[Literal["event_created"], Event]
    | Told[Literal["event_updated"], Event]
    | Told[Literal["event_joined"], Participation]
    | Told[Literal["event_left"], Participation]
    | Told[Literal["event_deleted"], EventReference]
    | Told[Literal["task_created"], Task]
    | Told[Literal["task_updated"], Task]
    | Told[Literal["task_assigned"], Task]
    | Told[Literal["task_completed"], Task]
    | Told[Literal["task_deleted"], TaskReference]
    | Told[Literal["vote_created"], Vote]
    | Told[Literal["vote_cast"], Ballot]
    | Told[Literal["vote_results"], Results]
    | Told[Literal["vote_ended"], EndedVote]
    | Told[Literal["vote_deleted"], VoteReference]
)

MessageType: TypeAlias = Literal[
    "event_created",
    "event_updated",
    "event_joined",
    "event_left",
    "event_deleted",
    "task_created",
    "task_updated",
    "task_assigned",
    "task_completed",
    "task_deleted",
    "vote_created",
    "vote_cast",
    "vote_results",
    "vote_ended",
    "vote_deleted",
]
