"""What is told of tasks."""

from gatherhub.realtime.messages import MessageType
from gatherhub.realtime.news import Facts, Needs, News, Statement, known
from gatherhub.table import keys
from gatherhub.table.stream import Change
from gatherhub.tasks.context import TaskInContext
from gatherhub.tasks.entities import Task
from gatherhub.tasks.summaries import summarise


def of_task(change: Change) -> News | None:
    """Return what to tell of a task that came, changed or went; ValueError if it is none."""
    if change.what == "REMOVE":
        return _deleted(Task.model_validate(change.old))
    task = Task.model_validate(change.new)
    if change.what == "INSERT":
        return _shown(MessageType.TASK_CREATED, task)
    return _shown(_most_specific(Task.model_validate(change.old), task), task)


def _most_specific(old: Task, new: Task) -> MessageType:
    if new.status == "completed" != old.status:
        return MessageType.TASK_COMPLETED
    if new.assignee_id is not None and new.assignee_id != old.assignee_id:
        return MessageType.TASK_ASSIGNED
    return MessageType.TASK_UPDATED


def _shown(message_type: MessageType, task: Task) -> News:
    def tell(facts: Facts) -> list[Statement]:
        found = TaskInContext(task, facts.event(task.event_id), facts.items)
        return [Statement(message_type, task.event_id, summarise(found).model_dump(mode="json"))]

    people = [task.creator_id, *([] if task.assignee_id is None else [task.assignee_id])]
    return News(Needs(items=(keys.event(task.event_id), *map(keys.user, people))), tell)


def _deleted(task: Task) -> News:
    data = {"task_id": task.id, "event_id": task.event_id}
    return known(Statement(MessageType.TASK_DELETED, task.event_id, data))
