"""Removing tasks: one that somebody deletes, or all those of an event that is gone."""

from contextlib import suppress
from functools import partial

from gatherhub.parallel import each
from gatherhub.table import keys
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.items import Item
from gatherhub.table.keys import Key
from gatherhub.table.reads import get_many, query
from gatherhub.table.writes import Delete, write
from gatherhub.tasks import context, permissions, store
from gatherhub.tasks.entities import Task

_ROUNDS = 5  # edits by others that may come in between
_LANES = 4  # more would mostly wait for each other at the counters that an event's tasks share


def delete(user_id: int, task_id: int) -> None:
    """Remove a task; Problem `not_found` (also when repeated) or `permission_denied`.

    Three requests.
    """
    for _ in range(_ROUNDS):
        found = context.in_event(task_id)
        permissions.may_delete(user_id, found)
        with suppress(ConditionFailed):  # changed or removed since: look again
            store.remove(found.task)
            return
    raise StoreUnavailable("others keep changing the task")


def remove_with_event(event_id: int) -> None:
    """Remove all tasks of an event that is gone, each with its rows and counters or not at all.

    Its participations must have been removed before, so that no task can be added meanwhile. May
    be repeated and run twice at a time, and picks up where a run broke off. One query and one read
    of each hundred tasks, one transaction a task, and a query that finds nothing left;
    StoreUnavailable if there still is.
    """
    for _ in range(_ROUNDS):
        pointers = query(keys.event(event_id).pk, keys.TASK_OF_EVENT)
        if not pointers:
            return
        tasks = get_many(keys.task(pointer["id"]) for pointer in pointers)
        lanes = [pointers[start::_LANES] for start in range(_LANES)]
        each(partial(_remove_all, tasks), lanes)
    raise StoreUnavailable("tasks of a deleted event are left")


def _remove_all(tasks: dict[Key, Item], pointers: list[Item]) -> None:
    for pointer in pointers:
        item = tasks.get(keys.task(pointer["id"]))
        if item is None:
            write(Delete(Key(pointer[keys.PARTITION], pointer[keys.SORT])))
        else:
            with suppress(ConditionFailed):  # changed or removed since: for the next round
                store.remove(Task.model_validate(item))
