"""Pages of events: every filter alone and with others, against a plain list."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gatherhub import clock
from gatherhub.events import creation
from gatherhub.events.schemas import Status
from gatherhub.events.status import status_at
from tests.integration.events.support import (
    ANNA,
    BEN,
    CARL,
    create,
    created,
    delete,
    find,
    ids,
    join,
    text,
    update,
)
from tests.memory_table import MemoryTable
from tests.people import embedded, person

HOUR = 3_600
NOW = clock.from_text("2026-11-22T12:00:00Z")


@pytest.fixture
def anna(table: MemoryTable) -> str:
    return person(ANNA)


def test_a_list_shows_events_as_they_were_created_latest_date_first(anna: str) -> None:
    first = create(anna, title="First", date="2030-01-01T00:00:00Z").json
    second = create(person(BEN), title="Second", date="2031-01-01T00:00:00Z").json
    body = find(anna).json
    assert body == {"count": 2, "next": None, "previous": None, "results": [second, first]}
    assert [event["creator"] for event in body["results"]] == [embedded(BEN), embedded(ANNA)]
    assert find(anna, ordering="date").json["results"] == [first, second]
    assert find(anna, ordering="-date").json == body


def test_an_empty_list_has_one_empty_page(anna: str) -> None:
    assert find(anna).json == {"count": 0, "next": None, "previous": None, "results": []}
    assert find(anna, page=2).status == 404


def test_a_list_is_for_signed_in_users(table: MemoryTable) -> None:
    assert find(None).status == 401


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("status", "over"),
        ("status", ""),
        ("creator", "anna"),
        ("creator", "0"),
        ("creator", "1.5"),
        ("date_from", "soon"),
        ("date_to", "2030-02-30"),
        ("ordering", "title"),
        ("page", "0"),
        ("page_size", "x"),
    ],
)
def test_a_malformed_parameter_is_named(anna: str, parameter: str, value: str) -> None:
    answer = find(anna, **{parameter: value})
    assert answer.status == 400
    assert answer.json["error"] == "validation_error"
    assert set(answer.json["details"]) == {parameter}


def test_events_of_the_same_moment_are_ordered_by_id(anna: str) -> None:
    events = [created(anna) for _ in range(5)]
    assert ids(anna, page_size=2, ordering="date") == sorted(events)
    assert ids(anna, page_size=2) == sorted(events, reverse=True)


def test_deep_pages_of_dense_and_sparse_days(anna: str) -> None:
    dense = [created(anna, date=f"2030-06-01T18:{n % 60:02}:00Z") for n in range(130)]
    sparse = [created(anna, date=f"{year}-03-01T00:00:00Z") for year in range(2000, 2100)]
    found = ids(anna, page_size=7)
    assert sorted(found) == sorted(dense + sparse)
    assert found == ids(anna, page_size=100)
    assert found[::-1] == ids(anna, page_size=9, ordering="date")
    last = find(anna, page=33, page_size=7)
    assert [event["id"] for event in last.json["results"]] == found[224:]
    assert last.json["next"] is None
    assert last.json["previous"] == "http://localhost:8000/api/v1/events/?page_size=7&page=32"
    assert find(anna, page=34, page_size=7).status == 404


def test_links_keep_the_filters(anna: str) -> None:
    for _ in range(3):
        created(anna, title="Café, im Park")
    body = find(anna, search="café, park", page_size=1, page=2).json
    query = "search=caf%C3%A9%2C+park&page_size=1"
    assert body["next"] == f"http://localhost:8000/api/v1/events/?{query}&page=3"
    assert body["previous"] == f"http://localhost:8000/api/v1/events/?{query}&page=1"


def test_an_event_that_moves_is_in_its_new_place_only(anna: str) -> None:
    first = created(anna, title="One", date="2030-01-01T00:00:00Z")
    second = created(anna, title="Two", date="2030-02-01T00:00:00Z")
    assert ids(anna) == [second, first]
    update(anna, first, date="2031-01-01T00:00:00Z")
    assert ids(anna) == ids(anna, creator=ANNA) == [first, second]
    assert ids(anna, date_from="2031-01-01") == ids(anna, date_from="2031-01-01", search="one")
    assert ids(anna, date_to="2030-12-31") == [second]
    assert ids(anna, search="one", date_to="2030-12-31") == []


def test_a_deleted_event_is_in_no_list(anna: str) -> None:
    first, second = created(anna), created(anna)
    delete(anna, first)
    for query in ({}, {"creator": ANNA}, {"search": "picnic"}, {"status": "upcoming"}):
        assert ids(anna, **query) == [second]


def test_an_edit_changes_what_finds_an_event(anna: str) -> None:
    event = created(anna, title="Picnic", description="Bring cake")
    update(anna, event, description="Bring salad")
    assert ids(anna, search="cake") == []
    assert ids(anna, search="picnic salad") == [event]
    update(anna, event, title="Dinner")
    assert ids(anna, search="picnic") == []
    assert ids(anna, search="dinner salad") == [event]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("picnic", True),
        ("PIC", True),
        ("cafe", True),
        ("CAFÉ,park", True),
        ("park picnic cake", True),
        ("icnic", False),
        ("picnic dinner", False),
        ("picnics", False),
        ("", True),
        ("!!!", True),
        ("  ", True),
        ("picnic !", True),
    ],
)
def test_every_word_of_a_search_begins_a_word(anna: str, search: str, found: bool) -> None:
    event = created(anna, title="Picnic at the Café", description="cake in the park")
    assert ids(anna, search=search) == ([event] if found else [])


def test_search_finds_what_begins_alike_once(anna: str) -> None:
    event = created(anna, title="pic picnic picture")
    assert ids(anna, search="pi") == [event]


def test_status_filters_follow_the_clock(anna: str) -> None:
    by_status = {
        "upcoming": [created(anna, date=text(HOUR)), created(anna, date=text(60))],
        "ongoing": [created(anna, date=text(-60)), created(anna, date=text(-2 * HOUR))],
        "completed": [created(anna, date=text(-4 * HOUR)), created(anna, date=text(-400 * HOUR))],
    }
    for status, expected in by_status.items():
        assert ids(anna, status=status) == expected
        assert ids(anna, status=status, creator=ANNA) == expected
        assert ids(anna, status=status, search="picnic", page_size=1) == expected
        assert {event["status"] for event in find(anna, status=status).json["results"]} == {status}


def test_a_list_shows_present_numbers_and_names(anna: str) -> None:
    event = created(anna)
    join(person(BEN), event)
    person(ANNA, "renamed")
    (shown,) = find(anna).json["results"]
    assert shown["current_participants"] == 2
    assert shown["creator"]["username"] == "renamed"


def test_what_is_deleted_while_a_page_is_read_is_left_out(
    anna: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = created(anna), created(anna)
    read = table.batch_get_item

    def slow(**request: Any) -> dict[str, Any]:
        monkeypatch.undo()
        monkeypatch.setenv("RATE_LIMIT", "1000000")
        assert delete(anna, first).status == 204
        return read(**request)

    monkeypatch.setattr(table, "batch_get_item", slow)
    answer = find(anna)
    assert [event["id"] for event in answer.json["results"]] == [second]


WORDS = ["picnic", "Picknick", "park", "Café", "cake", "im"]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
dates = st.sampled_from(
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22T12:00:01Z",
        "2026-11-22T09:00:00Z",
        "2026-11-22T09:00:01Z",
        "2026-10-31T23:59:59Z",
        "2026-11-01T00:00:00Z",
        "2027-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ]
)
events = st.fixed_dictionaries(
    {"title": texts, "description": texts, "date": dates, "creator": st.sampled_from([ANNA, BEN])}
)
edits = st.tuples(
    st.integers(1, 12),
    st.fixed_dictionaries({}, optional={"title": texts, "description": texts, "date": dates}),
)
days = st.sampled_from(
    ["2026-11-22", "2026-11-22T12:00:00Z", "2026-11-01", "2026-10-31", "2027-01-01", "9999-12-31"]
)
filters = st.fixed_dictionaries(
    {"page_size": st.integers(1, 5), "ordering": st.sampled_from(["date", "-date"])},
    optional={
        "search": st.sampled_from(["pic", "PICNIC im", "cafe cake", "p", "!", "none"]),
        "status": st.sampled_from(["upcoming", "ongoing", "completed"]),
        "creator": st.sampled_from([ANNA, BEN, CARL]),
        "date_from": days,
        "date_to": days,
    },
)


def matches(event: dict[str, Any], query: dict[str, Any]) -> bool:
    """Say what the contract says of one event, without an index."""
    folded = f"{event['title']} {event['description']}".lower().replace("é", "e").split()
    asked = query.get("search", "").replace("!", "").lower().split()
    start, end = query.get("date_from", "0000"), query.get("date_to", "9999-12-31")
    status: Status = status_at(clock.from_text(event["date"]), NOW)
    return (
        all(any(word.startswith(beginning) for word in folded) for beginning in asked)
        and query.get("status", status) == status
        and query.get("creator", event["creator"]) == event["creator"]
        and event["date"] >= start
        and event["date"] <= (end if "T" in end else f"{end}T23:59:59Z")
    )


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(events, max_size=12),
    st.lists(edits, max_size=5),
    st.sets(st.integers(1, 12), max_size=3),
    st.lists(filters, min_size=3, max_size=6),
)
def test_lists_are_what_a_plain_list_filtered_would_be(
    monkeypatch: pytest.MonkeyPatch,
    wanted: list[dict[str, Any]],
    changes: list[tuple[int, dict[str, Any]]],
    deletions: set[int],
    queries: list[dict[str, Any]],
) -> None:
    monkeypatch.setenv("RATE_LIMIT", "1000000")
    monkeypatch.setattr(clock, "now", lambda: NOW)
    numbers = iter(range(1, 1_000))
    monkeypatch.setattr(creation, "new_id", lambda: next(numbers))
    with MemoryTable().installed():
        tokens = {user_id: person(user_id) for user_id in (ANNA, BEN)}
        model: dict[int, dict[str, Any]] = {}
        for event in wanted:
            fields = {name: event[name] for name in ("title", "description", "date")}
            model[created(tokens[event["creator"]], **fields)] = dict(event)
        for event_id, fields in changes:
            if event_id in model:
                answer = update(tokens[model[event_id]["creator"]], event_id, "PATCH", **fields)
                assert answer.status == 200
                model[event_id] |= fields
        for event_id in deletions & model.keys():
            assert delete(tokens[model.pop(event_id)["creator"]], event_id).status == 204
        for query in queries:
            expected = sorted(
                ((e["date"], event_id) for event_id, e in model.items() if matches(e, query)),
                reverse=query["ordering"] == "-date",
            )
            assert ids(tokens[ANNA], **query) == [event_id for _, event_id in expected]
