"""What clients send about tasks, and what they get."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from gatherhub.accounts.people import Person
from gatherhub.ids import MAX_ID
from gatherhub.schemas import (
    DateBound,
    Description,
    PathId,
    Request,
    Response,
    Title,
    UtcTime,
    WholeNumber,
)
from gatherhub.tasks.entities import Priority, Status

BodyId = Annotated[WholeNumber, Field(ge=1, le=MAX_ID)]


class NewTask(Request):
    """A task to be created, pending; `assignee` null means that nobody has taken it yet."""

    title: Title
    description: Description = ""
    event: BodyId
    priority: Priority = "medium"
    due_date: UtcTime | None = None
    assignee: BodyId | None = None


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default")


class TaskChanges(Request):
    """What to change of a task; what is not sent stays."""

    # The defaults are never used, so the description must not promise them.
    model_config = ConfigDict(json_schema_extra=_without_defaults)

    title: Title = ""
    description: Description = ""
    status: Status = "pending"
    priority: Priority = "medium"
    due_date: UtcTime | None = None
    assignee: BodyId | None = None


class Assignment(Request):
    """Who is to do a task; null for nobody."""

    assignee: BodyId | None


class TaskFilter(Request):
    """Which tasks to list: those that fit all parameters that are sent."""

    event: PathId | None = None
    assignee: PathId | None = None
    status: Status | None = None
    due_date_from: Annotated[
        DateBound | None, Field(description="Excludes tasks without a due date, as the next.")
    ] = None
    due_date_to: Annotated[
        DateBound | None, Field(description="A day means all of it, a time its second.")
    ] = None


class EventOfTask(Response):
    """An event as its tasks show it."""

    id: int
    title: str


class DatedEventOfTask(EventOfTask):
    """An event as the details of its tasks show it."""

    date: UtcTime


class Assignee(Person):
    """An assignee as the details of a task show them, so that they can be reached."""

    email: str


class _Task(Response):
    id: int
    title: str
    description: str
    status: Status
    priority: Priority
    due_date: UtcTime | None
    creator: Person
    created_at: UtcTime
    updated_at: UtcTime
    completed_at: UtcTime | None


class TaskSummary(_Task):
    """A task as in a list. `completed_at` is null unless it is completed."""

    event: EventOfTask
    assignee: Person | None


class TaskDetails(_Task):
    """A task with more about its event and assignee."""

    event: DatedEventOfTask
    assignee: Assignee | None


class AssignedTask(Response):
    """A task as the answer to assigning it shows it."""

    id: int
    title: str
    assignee: Person | None


class TaskAssigned(Response):
    """The answer to assigning a task, or to taking it from whoever had it."""

    message: str
    task: AssignedTask


class CompletedTask(Response):
    """A task as the answer to completing it shows it."""

    id: int
    title: str
    status: Status
    completed_at: UtcTime | None


class TaskCompleted(Response):
    """The answer to completing a task."""

    message: str
    task: CompletedTask
