"""Tasks together with what they are shown with: their event and their people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gatherhub.accounts.people import Person, person
from gatherhub.errors import not_found
from gatherhub.events.entities import Event
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.keys import Key
from gatherhub.table.reads import get_many
from gatherhub.tasks import store
from gatherhub.tasks.entities import Task

UNKNOWN_USER = "There is no such user."
"""What is said of an assignee who nobody `knows`."""


@dataclass(frozen=True)
class TaskInContext:
    """A task, its event, and the accounts around it as items, as far as they were asked for."""

    task: Task
    event: Event
    accounts: Mapping[Key, Item]

    @property
    def creator(self) -> Person:
        """Return who created the task."""
        return self._person(self.task.creator_id)

    @property
    def assignee(self) -> Person | None:
        """Return who is to do the task, if anybody."""
        assignee_id = self.task.assignee_id
        return None if assignee_id is None else self._person(assignee_id)

    @property
    def assignee_email(self) -> str:
        """Return the e-mail address of who is to do the task; empty if nobody."""
        account = self.accounts.get(keys.user(self.task.assignee_id or 0), {})
        return str(account.get("email", ""))

    def knows(self, user_id: int) -> bool:
        """Tell whether a user who was asked for exists."""
        return keys.user(user_id) in self.accounts

    def _person(self, user_id: int) -> Person:
        return person(user_id, self.accounts.get(keys.user(user_id)))


def in_event(task_id: int) -> TaskInContext:
    """Return a task with its event alone; Problem `not_found` without either. Two requests."""
    return _in_context(_existing(task_id), ())


def with_people(task_id: int, *others: int | None) -> TaskInContext:
    """Return a task with its event, its people and those `others` who exist.

    Problem `not_found` without the task or its event. Two requests.
    """
    task = _existing(task_id)
    return _in_context(task, (task.creator_id, task.assignee_id, *others))


def of_rows(rows: Sequence[Item]) -> list[TaskInContext]:
    """Return the tasks of rows of a list in their order, without those that are gone.

    A request for each hundred items, side by side: twenty rows take one.
    """
    wanted = {keys.task(row["id"]) for row in rows}
    wanted |= {keys.event(row["event_id"]) for row in rows}
    wanted |= {key for row in rows for key in _accounts(row["creator_id"], row["assignee_id"])}
    items = get_many(wanted)
    stored = (items.get(keys.task(row["id"])) for row in rows)
    tasks = [Task.model_validate(item) for item in stored if item]
    # Whoever got a task since its row was read.
    late = {key for task in tasks for key in _accounts(task.assignee_id)} - wanted
    items |= get_many(late)
    return [
        TaskInContext(task, Event.model_validate(items[key]), items)
        for task in tasks
        if (key := keys.event(task.event_id)) in items
    ]


def _existing(task_id: int) -> Task:
    task = store.load(task_id)
    if task is None:
        raise not_found("task")
    return task


def _in_context(task: Task, people: Iterable[int | None]) -> TaskInContext:
    event_key = keys.event(task.event_id)
    items = get_many([event_key, *_accounts(*people)])
    if event_key not in items:  # the task of a deleted event is as good as gone
        raise not_found("task")
    return TaskInContext(task, Event.model_validate(items[event_key]), items)


def _accounts(*user_ids: int | None) -> Iterable[Key]:
    return (keys.user(user_id) for user_id in user_ids if user_id is not None)
