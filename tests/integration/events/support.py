"""Calling the routes of events, and looking at what they leave in the table."""

from typing import Any
from urllib.parse import urlencode

from gatherhub import clock
from gatherhub.table import keys
from tests.http import Answer, call
from tests.memory_table import MemoryTable

ANNA, BEN, CARL = 100, 20, 30
EVENTS = "/api/v1/events/"
DATE = "2030-06-01T18:00:00Z"


def create(token: str | None, **fields: Any) -> Answer:
    body = {"title": "Picnic", "date": DATE, **fields}
    return call("events.create_event", "POST", EVENTS, body=body, token=token)


def created(token: str, **fields: Any) -> int:
    """Create an event and return its id."""
    answer = create(token, **fields)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def show(token: str | None, event_id: object) -> Answer:
    return call("events.get_event", "GET", f"{EVENTS}{event_id}/", token=token)


def update(token: str | None, event_id: object, method: str = "PUT", **fields: Any) -> Answer:
    path = f"{EVENTS}{event_id}/"
    return call("events.update_event", method, path, body=fields, token=token)


def delete(token: str | None, event_id: object) -> Answer:
    return call("events.delete_event", "DELETE", f"{EVENTS}{event_id}/", token=token)


def join(token: str | None, event_id: object) -> Answer:
    return call("events.join_event", "POST", f"{EVENTS}{event_id}/join/", token=token)


def leave(token: str | None, event_id: object) -> Answer:
    return call("events.leave_event", "POST", f"{EVENTS}{event_id}/leave/", token=token)


def find(token: str | None, **query: object) -> Answer:
    return call("events.list_events", "GET", f"{EVENTS}?{urlencode(query)}", token=token)


def ids(token: str, **query: object) -> list[int]:
    """Return the ids of all pages of a list, whose counts and links must agree with it."""
    found: list[int] = []
    path: str | None = f"{EVENTS}?{urlencode(query)}"
    while path:
        answer = call("events.list_events", "GET", path, token=token)
        assert answer.status == 200, answer.text
        found += [event["id"] for event in answer.json["results"]]
        count, path = answer.json["count"], answer.json["next"]
    assert count == len(found)
    return found


def items_of(table: MemoryTable, event_id: int) -> list[tuple[str, str]]:
    """Return the keys of all items that belong to an event, wherever they are."""
    name = keys.event(event_id).pk.removeprefix("EVENT#")
    found = [(item["pk"]["S"], item["sk"]["S"]) for item in table.items()]
    return sorted(key for key in found if name in "|".join(key))


def text(seconds: int) -> str:
    """Return the time so many seconds from now."""
    return clock.to_text(clock.from_epoch(clock.epoch() + seconds))
