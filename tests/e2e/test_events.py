"""The life of an event under the roles of its functions, and what its deletion leaves: nothing."""

import time
import uuid
from typing import Any

import httpx
import pytest

from gatherhub.ids import sortable
from local.stack import Stack

PATIENCE = 30  # seconds in which the stream's consumer has started and finished
PICNIC = {"title": "Café", "description": "In the park", "date": "2030-06-01T12:00:00Z"}


class Caller:
    """A signed-in user of the routes of events."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    def __call__(self, method: str, path: str = "", status: int = 200, **request: Any) -> Any:
        answer = self._http.request(
            method, f"/api/v1/events/{path}", headers=self._headers, **request
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def found(self, **query: Any) -> list[int]:
        return [event["id"] for event in self("GET", params=query)["results"]]


@pytest.fixture
def creator(http: httpx.Client, token: str) -> Caller:
    return Caller(http, token)


@pytest.fixture
def guest(http: httpx.Client) -> Caller:
    name = f"eve{uuid.uuid4().hex[:12]}"
    account = {"username": name, "email": f"{name}@example.org", "password": "correct horse 7"}
    return Caller(http, http.post("/api/v1/auth/register/", json=account).json()["access"])


def items_of(stack: Stack, event_id: int) -> list[str]:
    """Return the keys of every item that names an event, wherever it is."""
    pages = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["TableName"])
    )
    keys = (f"{item['pk']['S']}|{item['sk']['S']}" for page in pages for item in page["Items"])
    return [key for key in keys if sortable(event_id) in key]


def test_an_event_is_found_changed_joined_left_and_deleted(
    stack: Stack, creator: Caller, guest: Caller
) -> None:
    event = creator("POST", status=201, json=PICNIC)
    event_id, person = event["id"], event["creator"]["id"]
    for query in (
        # Other tests have events on this stack too, most of them earlier.
        {"page_size": 100},
        {"status": "upcoming", "ordering": "date", "date_from": "2030-06-01", "page_size": 100},
        {"creator": person, "date_from": "2030-06-01", "date_to": "2030-06-01"},
        {"search": "cafe pa", "status": "upcoming"},
    ):
        assert event_id in guest.found(**query)
    joined = guest("POST", f"{event_id}/join/")
    assert joined["event"]["current_participants"] == 2
    assert guest("POST", f"{event_id}/join/", 400)["error"] == "already_participant"
    moved = {"title": "Dinner", "date": "2031-01-01T00:00:00Z", "max_participants": 2}
    assert creator("PUT", f"{event_id}/", json=moved)["current_participants"] == 2
    creator("PATCH", f"{event_id}/", 400, json={"max_participants": 1})
    guest("PATCH", f"{event_id}/", 403, json={"title": "Mine"})
    assert guest.found(search="cafe", creator=person) == []
    assert event_id in guest.found(search="dinner", date_from="2031-01-01")
    assert guest("POST", f"{event_id}/leave/")["event"]["current_participants"] == 1
    assert creator("POST", f"{event_id}/leave/", 403)["error"] == "creator_cannot_leave"
    guest("POST", f"{event_id}/join/")
    guest("DELETE", f"{event_id}/", 403)
    assert creator("DELETE", f"{event_id}/", 204) is None
    guest("GET", f"{event_id}/", 404)
    assert event_id not in guest.found(creator=person)
    deadline = time.monotonic() + PATIENCE
    while (left := items_of(stack, event_id)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == []
