"""Changing and deleting events."""

from typing import Any

import pytest

from gatherhub import clock
from gatherhub.events import store
from gatherhub.table.errors import StoreUnavailable
from tests.http import call
from tests.integration.events.support import (
    ANNA,
    BEN,
    DATE,
    EVENTS,
    create,
    created,
    delete,
    ids,
    join,
    show,
    update,
)
from tests.memory_table import MemoryTable
from tests.people import embedded, person

NO_EVENT = [1, "0", "-1", "abc", "1.5", "9" * 30]


@pytest.fixture
def anna(table: MemoryTable) -> str:
    return person(ANNA)


def many(first: int) -> str:
    return " ".join(f"word{n}" for n in range(first, first + 45))


def transactions(table: MemoryTable) -> list[list[Any]]:
    return [request["items"] for name, request in table.requests if name == "TransactWriteItems"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Dinner"),
        ("description", "Bring salad"),
        ("date", "2031-01-01T00:00:00Z"),
        ("location", "Kitchen"),
        ("max_participants", 9),
        ("max_participants", None),
    ],
)
def test_only_the_field_that_is_sent_changes(
    anna: str, monkeypatch: pytest.MonkeyPatch, method: str, field: str, value: object
) -> None:
    event = create(anna, description="Bring cake", location="Park", max_participants=5).json
    later = clock.from_epoch(clock.epoch() + 60)
    changed: dict[str, Any] = {field: value}
    monkeypatch.setattr(clock, "now", lambda: later)
    answer = update(anna, event["id"], method, surplus=1, **changed)
    assert answer.status == 200
    assert answer.json == {**event, field: value, "updated_at": clock.to_text(later)}
    assert answer.json["creator"] == embedded(ANNA)
    shown = show(anna, event["id"]).json
    assert {name: shown[name] for name in answer.json} == answer.json


def test_all_fields_can_change_at_once(anna: str) -> None:
    event = created(anna)
    fields: dict[str, Any] = {
        "title": "Dinner",
        "description": "Salad",
        "date": "2031-01-01T00:00:00Z",
        "location": "Kitchen",
        "max_participants": 3,
    }
    answer = update(anna, event, **fields).json
    assert {name: answer[name] for name in fields} == fields


@pytest.mark.parametrize("fields", [{}, {"surplus": 1}, {"title": "Picnic", "date": DATE}])
def test_what_changes_nothing_is_not_written(
    anna: str, table: MemoryTable, fields: dict[str, Any]
) -> None:
    event = create(anna).json
    before = len(transactions(table))
    answer = update(anna, event["id"], **fields)
    assert (answer.status, answer.json) == (200, event)
    assert len(transactions(table)) == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", None),
        ("title", "x" * 201),
        ("description", None),
        ("date", None),
        ("date", "soon"),
        ("location", 1),
        ("max_participants", 0),
        ("max_participants", "5"),
    ],
)
def test_a_bad_field_is_named_and_nothing_changes(anna: str, field: str, value: object) -> None:
    event = create(anna).json
    fields: dict[str, Any] = {"location": "Elsewhere", field: value}
    answer = update(anna, event["id"], **fields)
    assert (answer.status, answer.json["error"]) == (400, "validation_error")
    assert set(answer.json["details"]) == {field}
    assert show(anna, event["id"]).json["location"] == ""


def test_the_limit_can_be_lowered_to_the_present_number_but_not_below(anna: str) -> None:
    event = created(anna, max_participants=5)
    join(person(BEN), event)
    answer = update(anna, event, max_participants=1)
    assert (answer.status, answer.json["error"]) == (400, "validation_error")
    assert set(answer.json["details"]) == {"max_participants"}
    assert update(anna, event, max_participants=2).json["max_participants"] == 2


def test_only_the_creator_may_change_or_delete(anna: str) -> None:
    event = created(anna)
    ben = person(BEN)
    join(ben, event)
    for answer in (update(ben, event, title="Mine"), update(ben, event), delete(ben, event)):
        assert (answer.status, answer.json["error"]) == (403, "permission_denied")
    for answer in (update(None, event, title="Mine"), delete(None, event)):
        assert answer.status == 401
    assert show(anna, event).json["title"] == "Picnic"


@pytest.mark.parametrize("event_id", NO_EVENT)
def test_what_does_not_exist_is_not_found(anna: str, event_id: object) -> None:
    for answer in (update(anna, event_id, title="X"), delete(anna, event_id)):
        assert (answer.status, answer.json["error"]) == (404, "not_found")


def test_a_join_in_between_is_not_lost_and_counts_for_the_limit(
    anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = created(anna, max_participants=5)
    ben = person(BEN)
    write = store.replace

    def late(*events: Any) -> None:
        monkeypatch.setattr(store, "replace", write)
        assert join(ben, event).status == 200
        write(*events)

    monkeypatch.setattr(store, "replace", late)
    assert update(anna, event, title="Dinner").status == 200
    shown = show(anna, event).json
    assert (shown["title"], shown["current_participants"]) == ("Dinner", 2)
    assert len(shown["participants"]) == 2

    carl = person(30)

    def later(*events: Any) -> None:
        monkeypatch.setattr(store, "replace", write)
        assert join(carl, event).status == 200
        write(*events)

    monkeypatch.setattr(store, "replace", later)
    answer = update(anna, event, max_participants=2)
    assert (answer.status, set(answer.json["details"])) == (400, {"max_participants"})


def test_edits_at_the_same_time_both_count(anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event = created(anna)
    write = store.replace

    def late(*events: Any) -> None:
        monkeypatch.setattr(store, "replace", write)
        assert update(anna, event, title="Dinner", date="2031-01-01T00:00:00Z").status == 200
        write(*events)

    monkeypatch.setattr(store, "replace", late)
    answer = update(anna, event, location="Kitchen").json
    assert (answer["title"], answer["location"]) == ("Dinner", "Kitchen")
    assert ids(anna, search="dinner", date_from="2031-01-01") == [event]
    assert ids(anna, search="picnic") == []


def test_a_deletion_in_between_wins(anna: str, monkeypatch: pytest.MonkeyPatch) -> None:
    event = created(anna)
    write = store.replace

    def late(*events: Any) -> None:
        delete(anna, event)
        write(*events)

    monkeypatch.setattr(store, "replace", late)
    assert update(anna, event, title="Dinner").status == 404
    assert ids(anna) == ids(anna, search="dinner") == []


@pytest.mark.parametrize("change", ["replace", "remove"])
def test_endless_edits_by_others_are_an_unavailable_service(
    anna: str, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    event = created(anna)
    write = getattr(store, change)
    edit = store.replace
    titles = iter(str(n) for n in range(100))

    def late(old: Any, *new: Any) -> None:
        current = store.find(event)
        assert current
        bumped = {"title": next(titles), "version": current.version + 1}
        edit(current, current.model_copy(update=bumped))
        write(old, *new)

    monkeypatch.setattr(store, change, late)
    answer = update(anna, event, title="X") if change == "replace" else delete(anna, event)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_the_largest_edit_fits_one_transaction(anna: str, table: MemoryTable) -> None:
    event = created(anna, title="A", description=many(0))
    assert ids(anna, search="word43") == [event]
    table.requests.clear()
    answer = update(anna, event, title="B", description=many(100), date="1999-01-01T00:00:00Z")
    assert answer.status == 200
    assert [len(items) for items in transactions(table)] == [99]
    assert ids(anna, search="word43") == []
    assert ids(anna, search="b word143", date_to="1999-01-01") == [event]


def test_an_edit_of_a_place_writes_the_event_alone(anna: str, table: MemoryTable) -> None:
    event = created(anna)
    table.requests.clear()
    update(anna, event, location="Park")
    assert [len(items) for items in transactions(table)] == [1]


def test_a_deleted_event_is_gone_at_once(anna: str) -> None:
    event = created(anna)
    answer = delete(anna, event)
    assert (answer.status, answer.text) == (204, "")
    assert "content-type" not in answer.headers
    assert "x-ratelimit-limit" in answer.headers
    assert ids(anna) == []
    for again in (show(anna, event), update(anna, event, title="X"), delete(anna, event)):
        assert again.status == 404


def test_other_methods_are_refused(anna: str) -> None:
    answer = call("fallback.no_route", "POST", f"{EVENTS}5/", token=anna)
    assert (answer.status, answer.headers["allow"]) == (405, "DELETE, GET, PATCH, PUT")


def test_a_write_whose_fate_is_unknown_is_an_unavailable_service(
    anna: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*_: Any) -> None:
        raise StoreUnavailable("no answer")

    event = created(anna)
    monkeypatch.setattr(store, "replace", lost)
    assert update(anna, event, title="X").status == 503
