"""Changing a task: its fields, who is to do it, and that it is done."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gatherhub import clock
from gatherhub.errors import invalid
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.tasks import context, permissions, store
from gatherhub.tasks.context import TaskInContext
from gatherhub.tasks.entities import Task
from gatherhub.tasks.schemas import (
    AssignedTask,
    CompletedTask,
    TaskAssigned,
    TaskChanges,
    TaskCompleted,
    TaskSummary,
)
from gatherhub.tasks.summaries import summarise

_ROUNDS = 5  # edits by others that may come in between


def update(user_id: int, task_id: int, changes: TaskChanges) -> TaskSummary:
    """Change the fields that were sent and return the task.

    Problem `not_found`, `permission_denied`, or `validation_error` for an unknown assignee. Three
    requests, two if nothing changes.
    """

    def changed(found: TaskInContext) -> Task:
        permissions.may_update(user_id, found)
        return _with_changes(found, changes)

    return summarise(_edit(lambda: context.with_people(task_id, changes.assignee), changed))


def assign(user_id: int, task_id: int, assignee_id: int | None) -> TaskAssigned:
    """Give a task to someone, or to nobody; one who has it already keeps it.

    Problem `not_found`, `permission_denied`, or `validation_error` for an unknown assignee. Three
    requests, two if nothing changes.
    """

    def assigned(found: TaskInContext) -> Task:
        permissions.may_assign(user_id, found)
        return _with_assignee(found, assignee_id)

    found = _edit(lambda: context.with_people(task_id, assignee_id), assigned)
    return TaskAssigned(
        message=f"Task {'un' if assignee_id is None else ''}assigned successfully",
        task=AssignedTask(id=task_id, title=found.task.title, assignee=found.assignee),
    )


def complete(user_id: int, task_id: int) -> TaskCompleted:
    """Mark a task as completed; one that is stays as it is, with the time at which it became so.

    Problem `not_found` or `permission_denied`. Three requests, two if nothing changes.
    """

    def completed(found: TaskInContext) -> Task:
        permissions.may_complete(user_id, found)
        return found.task.in_status("completed")

    task = _edit(lambda: context.in_event(task_id), completed).task
    return TaskCompleted(
        message="Task marked as completed",
        task=CompletedTask(**task.model_dump(include={"id", "title", "status", "completed_at"})),
    )


def _edit(
    read: Callable[[], TaskInContext], change: Callable[[TaskInContext], Task]
) -> TaskInContext:
    """Store what `change` makes of the task, once more from the start if others were faster.

    An edit that changes nothing writes nothing, so a repeated one is not told again.
    """
    for _ in range(_ROUNDS):
        found = read()
        changed = change(found)
        if changed == found.task:
            return found
        stamp: dict[str, Any] = {"updated_at": clock.now(), "version": found.task.version + 1}
        new = changed.model_copy(update=stamp)
        try:
            store.replace(found.task, new)
        except ConditionFailed:
            continue
        return replace(found, task=new)
    raise StoreUnavailable("others keep changing the task")


def _with_changes(found: TaskInContext, changes: TaskChanges) -> Task:
    sent = changes.model_fields_set
    plain = sent & {"title", "description", "priority", "due_date"}
    task = found.task.model_copy(update={name: getattr(changes, name) for name in plain})
    if "status" in sent:
        task = task.in_status(changes.status)
    if "assignee" in sent:
        task = _with_assignee(replace(found, task=task), changes.assignee)
    return task


def _with_assignee(found: TaskInContext, assignee_id: int | None) -> Task:
    if assignee_id is not None and not found.knows(assignee_id):
        raise invalid("assignee", context.UNKNOWN_USER)
    return found.task.model_copy(update={"assignee_id": assignee_id})
