"""Showing one task."""

from gatherhub.tasks import context
from gatherhub.tasks.schemas import TaskDetails
from gatherhub.tasks.summaries import detail


def show(task_id: int) -> TaskDetails:
    """Return a task; Problem `not_found` when it or its event is gone. Two requests."""
    return detail(context.with_people(task_id))
