"""Tasks as responses and messages show them."""

from gatherhub.tasks.context import TaskInContext
from gatherhub.tasks.schemas import (
    Assignee,
    DatedEventOfTask,
    EventOfTask,
    TaskDetails,
    TaskSummary,
)

_OWN = {
    "id",
    "title",
    "description",
    "status",
    "priority",
    "due_date",
    "created_at",
    "updated_at",
    "completed_at",
}


def summarise(found: TaskInContext) -> TaskSummary:
    """Return the task as in a list."""
    return TaskSummary(
        **found.task.model_dump(include=_OWN),
        event=EventOfTask(id=found.event.id, title=found.event.title),
        assignee=found.assignee,
        creator=found.creator,
    )


def detail(found: TaskInContext) -> TaskDetails:
    """Return the task with the date of its event and the address of its assignee."""
    event, assignee = found.event, found.assignee
    return TaskDetails(
        **found.task.model_dump(include=_OWN),
        event=DatedEventOfTask(id=event.id, title=event.title, date=event.date),
        assignee=assignee and Assignee(**assignee.model_dump(), email=found.assignee_email),
        creator=found.creator,
    )
