"""The rows that stand for a task where tasks are listed, all derived from the task.

A change of a task is the difference between the rows that it had and those that it is to have, so
there is one place that knows where a task is listed.

    tasks, tasks:status:<s>      counted, by creation: without filter, and by status alone
    tasks:assignee:<user>        by creation: one person's, with whatever other filters
    tasks:due                    by due date: those that have one, for ranges of it
    the event's partition        one event's, with whatever other filters; also its details
"""

from gatherhub import clock
from gatherhub.table import keys, lists
from gatherhub.table.items import Item
from gatherhub.table.keys import Key
from gatherhub.table.lists import List, Position, Row
from gatherhub.table.writes import Action, Delete, Put
from gatherhub.tasks.entities import Status, Task

_COUNTERS = 8  # shards: what is created now all lands in the same hour

ALL = List("tasks", shards=_COUNTERS)
DUE = List("tasks:due")


def in_status(status: Status) -> List:
    """Return the list of the tasks in a status."""
    return List(f"tasks:status:{status}", shards=_COUNTERS)


def assigned_to(user_id: int) -> List:
    """Return the list of one person's tasks."""
    return List(f"tasks:assignee:{user_id}")


def changes(old: Task | None, new: Task | None) -> list[Action]:
    """Return the actions that turn the rows of `old` into those of `new`; None has no rows.

    At most twelve actions: a status left and another entered, each with two counters; an assignee
    and a due date likewise, without any; the row among all tasks; the pointer.
    """
    before, after = _rows(old), _rows(new)
    actions: list[Action] = []
    for target in before | after:
        was, will_be = before.get(target), after.get(target)
        if was and will_be:
            actions += lists.replace(target, was, will_be)
        elif was:
            actions += lists.remove(target, was.position)
        elif will_be:
            actions += lists.add(target, will_be)
    return actions + _pointer_changes(old, new)


def _rows(task: Task | None) -> dict[List, Row]:
    if task is None:
        return {}
    created = Position(clock.to_text(task.created_at), task.id)
    embedded = _embedded(task)
    found = {ALL: Row(created, embedded), in_status(task.status): Row(created, embedded)}
    if task.assignee_id is not None:
        found[assigned_to(task.assignee_id)] = Row(created, _filterable(task))
    if task.due_date is not None:
        due = Position(clock.to_text(task.due_date), task.id)
        found[DUE] = Row(due, _filterable(task))
    return found


def _pointer_changes(old: Task | None, new: Task | None) -> list[Action]:
    before, after = _pointer(old), _pointer(new)
    if before == after:
        return []
    return [Put(*after)] if after else [Delete(before[0])] if before else []


def _pointer(task: Task | None) -> tuple[Key, Item] | None:
    if task is None:
        return None
    item = {keys.KIND: "task_of_event", "id": task.id, "title": task.title, **_filterable(task)}
    return keys.task_of_event(task.event_id, task.id), item


def _embedded(task: Task) -> Item:
    """Return what must be read with a task to show it."""
    return task.model_dump(include={"event_id", "creator_id", "assignee_id"})


def _filterable(task: Task) -> Item:
    """Return also what lists that are read whole are filtered and sorted by."""
    return _embedded(task) | task.model_dump(include={"status", "due_date", "created_at"})
