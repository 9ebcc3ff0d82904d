"""Tasks in the table: each in a partition of its own, with rows wherever it is listed.

Every write is one transaction of the task and all of its rows. It takes a transactional write (two
units) for each kilobyte of the task and for each row and counter that changes.
"""

from collections.abc import Iterator

from gatherhub.table import keys
from gatherhub.table.conditions import absent, equal, present
from gatherhub.table.reads import get
from gatherhub.table.writes import Check, Delete, Put, transact
from gatherhub.tasks import rows
from gatherhub.tasks.entities import Task

TASK = "task"


def load(task_id: int) -> Task | None:
    """Return a task, or None. One request."""
    item = get(keys.task(task_id))
    return Task.model_validate(item) if item else None


def add(task: Task) -> None:
    """Store a new task; ConditionFailed and nothing stored unless all of this holds.

    The id is free, its assignee exists, and its creator takes part in the event. The last also
    keeps tasks out of an event that is being removed: its participations go before its tasks.
    """
    transact(
        [
            Put(keys.task(task.id), _item(task), when=absent()),
            Check(keys.participant(task.event_id, task.creator_id), when=present()),
            *_assignee_checks(None, task),
            *rows.changes(None, task),
        ]
    )


def replace(old: Task, new: Task) -> None:
    """Store a changed task; ConditionFailed and nothing stored unless all of this holds.

    It still is as `old`, and its assignee exists, if that is another one than before.
    """
    transact(
        [
            Put(keys.task(old.id), _item(new), when=equal("version", old.version)),
            *_assignee_checks(old, new),
            *rows.changes(old, new),
        ]
    )


def remove(task: Task) -> None:
    """Remove a task with all of its rows; ConditionFailed when it has changed or is gone."""
    transact(
        [
            Delete(keys.task(task.id), when=equal("version", task.version)),
            *rows.changes(task, None),
        ]
    )


def _item(task: Task) -> dict[str, object]:
    return {keys.KIND: TASK, **task.model_dump()}


def _assignee_checks(old: Task | None, new: Task) -> Iterator[Check]:
    if new.assignee_id is not None and (old is None or new.assignee_id != old.assignee_id):
        yield Check(keys.user(new.assignee_id), when=present())
