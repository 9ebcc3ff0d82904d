from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.events import creation
from gatherhub.table import keys
from gatherhub.table.reads import query
from gatherhub.table.writes import Put, write
from tests.http import Answer, call
from tests.people import embedded, person

ANNA, BEN, CARL = 100, 20, 30
PICNIC = {
    "title": "Picnic",
    "description": "Bring cake 🍰",
    "date": "2030-06-01T18:00:00+02:00",
    "location": "Park",
    "max_participants": 50,
}


def create(token: str | None, body: Any = PICNIC) -> Answer:
    return call("events.create_event", "POST", "/api/v1/events/", body=body, token=token)


def show(token: str | None, event_id: object) -> Answer:
    return call("events.get_event", "GET", f"/api/v1/events/{event_id}/", token=token)


def join(event_id: int, user_id: int, joined_at: str) -> None:
    item = {"event_id": event_id, "user_id": user_id, "joined_at": joined_at}
    write(Put(keys.participant(event_id, user_id), {keys.KIND: "participant", **item}))


def test_a_created_event_is_answered_as_in_a_list() -> None:
    answer = create(person(ANNA))
    assert answer.status == 201
    event = answer.json
    now = clock.now()
    created = datetime.fromisoformat(event.pop("created_at"))
    assert now - timedelta(seconds=5) <= created <= now
    assert datetime.fromisoformat(event.pop("updated_at")) == created
    assert isinstance(event.pop("id"), int)
    assert event == {
        "title": "Picnic",
        "description": "Bring cake 🍰",
        "date": "2030-06-01T16:00:00Z",
        "location": "Park",
        "max_participants": 50,
        "current_participants": 1,
        "status": "upcoming",
        "creator": embedded(ANNA),
    }


def test_what_was_created_is_shown_with_its_creator_as_first_participant() -> None:
    token = person(ANNA)
    created = create(token, {"title": "Past", "date": "2020-01-01T00:00:00"}).json
    answer = show(token, created["id"])
    assert answer.status == 200
    assert answer.json == {
        **created,
        "description": "",
        "location": "",
        "max_participants": None,
        "status": "completed",
        "participants": [embedded(ANNA)],
        "tasks": [],
        "votes": [],
    }


def test_participants_are_listed_as_they_joined_and_any_signed_in_user_sees_them() -> None:
    created = create(person(ANNA)).json
    stranger = person(7)
    person(BEN)
    person(CARL)
    join(created["id"], BEN, "2099-01-01T00:00:00Z")
    join(created["id"], CARL, created["created_at"])
    people = show(stranger, created["id"]).json["participants"]
    assert [entry["id"] for entry in people] == [ANNA, CARL, BEN]


def test_an_event_that_is_on_is_ongoing() -> None:
    token = person(ANNA)
    an_hour_ago = clock.to_text(datetime.now(UTC) - timedelta(hours=1))
    assert create(token, {"title": "Now", "date": an_hour_ago}).json["status"] == "ongoing"


def test_bad_fields_are_all_named() -> None:
    answer = create(person(ANNA), {"title": "", "max_participants": "5", "location": 1})
    assert answer.status == 400
    assert answer.json["error"] == "validation_error"
    assert set(answer.json["details"]) == {"title", "date", "max_participants", "location"}


def test_nothing_is_stored_for_a_request_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "new_id", lambda: 5)
    assert create(person(ANNA), {"title": "No date"}).status == 400
    assert query(keys.event(5).pk) == []


def test_both_routes_are_for_signed_in_users() -> None:
    assert create(None).status == 401
    assert show(None, 1).status == 401


def test_who_is_gone_creates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "new_id", lambda: 5)
    answer = create(tokens.issue_access(ANNA))
    assert (answer.status, answer.json["error"]) == (401, "token_invalid")
    assert query(keys.event(5).pk) == []


@pytest.mark.parametrize("event_id", [1, "0", "-1", "abc", "1.5", "9" * 30, "007", "%F0%9F%8D%B0"])
def test_an_id_without_an_event_is_not_found(event_id: object) -> None:
    answer = show(person(ANNA), event_id)
    assert answer.status == 404
    assert answer.json["error"] == "not_found"


def test_what_is_left_of_a_deleted_event_is_not_shown() -> None:
    token = person(ANNA)
    join(77, ANNA, "2026-01-01T00:00:00Z")
    assert show(token, 77).status == 404


def test_a_taken_id_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    token = person(ANNA)
    drawn = iter([5, 5, 6])
    monkeypatch.setattr(creation, "new_id", lambda: next(drawn))
    first = create(token, {**PICNIC, "title": "First"}).json
    second = create(token, {**PICNIC, "title": "Second"}).json
    assert (first["id"], second["id"]) == (5, 6)
    assert show(token, 5).json["title"] == "First"


def test_ids_that_stay_taken_are_an_unavailable_service(monkeypatch: pytest.MonkeyPatch) -> None:
    token = person(ANNA)
    monkeypatch.setattr(creation, "new_id", lambda: 5)
    assert create(token).status == 201
    answer = create(token)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_rows_carry_the_kind_by_which_the_stream_is_filtered() -> None:
    event_id = create(person(ANNA)).json["id"]
    rows = query(keys.event(event_id).pk)
    assert [row[keys.KIND] for row in rows] == ["event", "participant"]
