"""What tests of tasks share: an event, the people around it, and the routes as functions."""

from typing import Any
from urllib.parse import urlencode

from gatherhub.table import keys
from gatherhub.table.items import unmarshal_item
from gatherhub.table.writes import Delete, Put, write
from tests.http import Answer, call
from tests.memory_table import MemoryTable
from tests.people import person

HOST, CREATOR, ASSIGNEE, GUEST, STRANGER = 11, 12, 13, 14, 15
"""Who created the event, who creates tasks in it, who is to do them, who takes part, who not."""

NOWHERE = 999


def people() -> dict[int, str]:
    """Store all accounts and return their tokens."""
    return {user_id: person(user_id) for user_id in (HOST, CREATOR, ASSIGNEE, GUEST, STRANGER)}


def event(token: str, title: str = "Picnic") -> int:
    """Create an event of HOST's in which CREATOR and GUEST take part, and return its id."""
    body = {"title": title, "date": "2030-06-01T18:00:00Z"}
    answer = call("events.create_event", "POST", "/api/v1/events/", body=body, token=token)
    event_id: int = answer.json["id"]
    for user_id in (CREATOR, GUEST):
        join(event_id, user_id)
    return event_id


def join(event_id: int, user_id: int) -> None:
    item = {"event_id": event_id, "user_id": user_id, "joined_at": "2026-01-01T00:00:00Z"}
    write(Put(keys.participant(event_id, user_id), {keys.KIND: "participant", **item}))


def leave(event_id: int, user_id: int) -> None:
    write(Delete(keys.participant(event_id, user_id)))


def delete_event(event_id: int) -> None:
    """Remove an event as its deletion does at first: what belongs to it is left."""
    write(Delete(keys.event(event_id)))


def create(token: str | None, event_id: Any, **fields: Any) -> Answer:
    body = {"title": "Buy cake", "event": event_id, **fields}
    return call("tasks.create_task", "POST", "/api/v1/tasks/", body=body, token=token)


def show(token: str | None, task_id: Any) -> Answer:
    return call("tasks.get_task", "GET", f"/api/v1/tasks/{task_id}/", token=token)


def update(token: str | None, task_id: Any, method: str = "PUT", **fields: Any) -> Answer:
    path = f"/api/v1/tasks/{task_id}/"
    return call("tasks.update_task", method, path, body=fields, token=token)


def delete(token: str | None, task_id: Any) -> Answer:
    return call("tasks.delete_task", "DELETE", f"/api/v1/tasks/{task_id}/", token=token)


def assign(token: str | None, task_id: Any, **fields: Any) -> Answer:
    path = f"/api/v1/tasks/{task_id}/assign/"
    return call("tasks.assign_task", "POST", path, body=fields, token=token)


def complete(token: str | None, task_id: Any) -> Answer:
    path = f"/api/v1/tasks/{task_id}/complete/"
    return call("tasks.complete_task", "POST", path, token=token)


def listed(token: str | None, **query: Any) -> Answer:
    path = f"/api/v1/tasks/?{urlencode(query)}"
    return call("tasks.list_tasks", "GET", path, token=token)


def ids(answer: Answer) -> list[int]:
    return [task["id"] for task in answer.json["results"]]


def belonging(table: MemoryTable) -> list[dict[str, Any]]:
    """Return every item of the table that is there because of some task."""
    items = [unmarshal_item(item) for item in table.items()]
    return [
        item
        for item in items
        if item["kind"] in {"task", "task_of_event"} or item["pk"].startswith("LIST#tasks")
    ]
