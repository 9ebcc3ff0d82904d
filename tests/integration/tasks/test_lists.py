"""Lists of tasks against a plain list of what was created."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherhub import clock
from gatherhub.tasks import context, creation
from tests.counting import miscounted
from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    GUEST,
    HOST,
    NOWHERE,
    STRANGER,
    assign,
    complete,
    create,
    delete,
    ids,
    listed,
    update,
)
from tests.memory_table import MemoryTable

DAYS = ["2030-01-31", "2030-02-01", "2030-02-28"]
DUES = [None, *(f"{day}T{time}Z" for day in DAYS for time in ("00:00:00", "23:59:59"))]
START = clock.from_text("2026-10-31T22:00:00Z")


@pytest.fixture
def clocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Let tasks be created at moments of our choice, with ids in their order."""
    numbers, moment = count(1_000), SimpleNamespace(now=START)
    with monkeypatch.context() as patch:
        patch.setattr(creation, "new_id", lambda: next(numbers))
        patch.setattr(clock, "now", lambda: moment.now)
        yield moment


def test_a_task_is_listed_as_it_was_answered(table: MemoryTable) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    first = create(tokens[CREATOR], event_id, assignee=ASSIGNEE, due_date=DUES[1]).json
    second = create(tokens[CREATOR], event_id).json
    answer = listed(tokens[STRANGER])
    assert answer.status == 200
    newest_first = [second, first] if second["id"] > first["id"] else [first, second]
    assert answer.json == {"count": 2, "next": None, "previous": None, "results": newest_first}


def test_links_keep_the_filters(table: MemoryTable) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    for _ in range(3):
        create(tokens[HOST], event_id)
    body = listed(tokens[HOST], event=event_id, status="pending", page_size=1, page=2).json
    base = f"http://localhost:8000/api/v1/tasks/?event={event_id}&status=pending&page_size=1&page="
    assert (body["count"], body["previous"], body["next"]) == (3, base + "1", base + "3")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"event": NOWHERE},
        {"assignee": NOWHERE},
        {"status": "completed"},
        {"due_date_from": "2030-01-01"},
        {"due_date_from": "2030-01-02", "due_date_to": "2030-01-01"},
        {"event": 5, "due_date_from": "2030-01-02", "due_date_to": "2030-01-01"},
        {"due_date_to": "9999-12-31"},
    ],
)
def test_a_list_of_nothing_is_empty(table: MemoryTable, query: dict[str, Any]) -> None:
    token = support.people()[HOST]
    assert listed(token, **query).json == {
        "count": 0,
        "next": None,
        "previous": None,
        "results": [],
    }
    assert listed(token, **query, page=2).status == 404


@pytest.mark.parametrize("query", [{}, {"event": 0}, {"status": "pending"}, {"assignee": HOST}])
def test_a_due_filter_leaves_out_what_is_never_due(
    table: MemoryTable, query: dict[str, Any]
) -> None:
    token = support.people()[HOST]
    event_id = support.event(token)
    support.create(token, event_id, assignee=HOST)
    due = support.create(token, event_id, assignee=HOST, due_date="2030-01-01T00:00:00Z").json
    query = {**query, "event": event_id} if "event" in query else query
    for bound in ({"due_date_to": "9999-12-31"}, {"due_date_from": "0001-01-01"}):
        assert support.ids(listed(token, **query, **bound)) == [due["id"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("event", "x"),
        ("event", "0"),
        ("event", "-1"),
        ("event", ""),
        ("event", str(2**53)),
        ("assignee", "1.5"),
        ("assignee", "me"),
        ("status", "done"),
        ("status", ""),
        ("status", "Pending"),
        ("due_date_from", "yesterday"),
        ("due_date_to", "2030-02-30"),
        ("page", "0"),
        ("page_size", "many"),
    ],
)
def test_a_malformed_parameter_is_named(table: MemoryTable, name: str, value: str) -> None:
    answer = listed(support.people()[HOST], **{name: value})
    assert (answer.status, answer.json["error"]) == (400, "validation_error")
    assert set(answer.json["details"]) == {name}


def test_a_day_is_all_of_it_and_a_time_its_second(table: MemoryTable) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    last = create(tokens[HOST], event_id, due_date="2030-01-31T23:59:59Z").json["id"]
    create(tokens[HOST], event_id, due_date="2030-02-01T00:00:00Z")
    create(tokens[HOST], event_id)
    for query in (
        {"due_date_to": "2030-01-31"},
        {"due_date_from": "2030-01-31", "due_date_to": "2030-01-31"},
        {"due_date_from": "2030-01-31T23:59:59Z", "due_date_to": "2030-01-31T23:59:59Z"},
        {"due_date_to": "2030-02-01T00:59:59+01:00"},
    ):
        assert ids(listed(tokens[HOST], **query)) == [last]


def test_pages_at_any_depth_follow_on_each_other(
    table: MemoryTable, clocked: SimpleNamespace
) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    made = []
    for number in range(60):  # across hours, a month, and with ties
        clocked.now = START + timedelta(minutes=7 * (number // 3))
        made.append(create(tokens[HOST], event_id).json["id"])
    for task_id in made[::2]:
        complete(tokens[HOST], task_id)
    for query, expected in (
        ({}, made[::-1]),
        ({"status": "completed"}, made[::2][::-1]),
        ({"status": "pending"}, made[1::2][::-1]),
        ({"status": "in_progress"}, []),
        ({"event": event_id}, made[::-1]),
    ):
        found: list[int] = []
        for page in range(1, len(expected) // 7 + 2):
            answer = listed(tokens[HOST], **query, page_size=7, page=page)
            assert answer.json["count"] == len(expected)
            found += ids(answer)
        assert found == expected
    assert miscounted(table.items()) == {}


users = st.sampled_from([None, HOST, ASSIGNEE])
statuses = st.sampled_from(["pending", "in_progress", "completed"])
dues = st.sampled_from(DUES)
gaps = st.sampled_from([0, 1, 1800, 86_400])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.integers(0, 1), users, dues, gaps),
        st.tuples(st.just("status"), st.integers(0, 9), statuses),
        st.tuples(st.just("due"), st.integers(0, 9), dues),
        st.tuples(st.just("assign"), st.integers(0, 9), users),
        st.tuples(st.just("delete"), st.integers(0, 9)),
    ),
    min_size=4,
    max_size=20,
)
bounds = st.sampled_from([None, *DAYS, *DUES[1:]])
queries = st.fixed_dictionaries(
    {
        "event": st.sampled_from([None, 0, 1]),
        "assignee": st.sampled_from([None, None, HOST, ASSIGNEE]),
        "status": st.sampled_from([None, None, "pending", "completed"]),
        "due_date_from": bounds,
        "due_date_to": bounds,
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, wanted=st.lists(queries, min_size=4, max_size=8), size=st.integers(1, 4))
def test_filters_in_any_combination_are_those_of_a_plain_list(
    clocked: SimpleNamespace, steps: list[Any], wanted: list[dict[str, Any]], size: int
) -> None:
    with MemoryTable().installed() as table:
        tokens = support.people()
        events = [support.event(tokens[HOST], title) for title in ("One", "Two")]
        model: list[dict[str, Any]] = []
        for step in steps:
            play(step, tokens[HOST], events, model, clocked)
        for query in [dict.fromkeys(wanted[0]), *wanted]:
            named = {name: value for name, value in query.items() if value is not None}
            if "event" in named:
                named["event"] = events[named["event"]]
            expected = [task["id"] for task in reversed(model) if fits(task, named)]
            found: list[int] = []
            for page in range(1, max(1, -(-len(expected) // size)) + 1):
                answer = listed(tokens[STRANGER], **named, page=page, page_size=size)
                assert answer.json["count"] == len(expected)
                found += ids(answer)
            assert found == expected
        assert miscounted(table.items()) == {}


def play(
    step: Any, token: str, events: list[int], model: list[dict[str, Any]], clocked: SimpleNamespace
) -> None:
    """Do a step of a program by the handlers and to the model."""
    what, which, *values = step
    if what == "create":
        assignee, due, gap = values
        clocked.now += timedelta(seconds=gap)
        task = create(token, events[which], assignee=assignee, due_date=due).json
        fields = {"assignee": assignee, "due": due, "status": "pending"}
        model.append({"id": task["id"], "event": events[which], **fields})
        return
    if not model:
        return
    chosen = model[which % len(model)]
    if what == "delete":
        assert delete(token, chosen["id"]).status == 204
        model.remove(chosen)
    elif what == "assign":
        assert assign(token, chosen["id"], assignee=values[0]).status == 200
        chosen["assignee"] = values[0]
    else:
        name = "due_date" if what == "due" else "status"
        assert update(token, chosen["id"], **{name: values[0]}).status == 200
        chosen[what] = values[0]


def fits(task: dict[str, Any], query: dict[str, Any]) -> bool:
    start, end = query.get("due_date_from"), query.get("due_date_to")
    if (start or end) and task["due"] is None:
        return False
    return (
        all(task[name] == query.get(name, task[name]) for name in ("event", "assignee", "status"))
        # A text compares with a day as the moment that begins it.
        and (start is None or task["due"] >= start)
        and (end is None or task["due"] <= (end if "T" in end else end + "T23:59:59Z"))
    )


@pytest.mark.parametrize("query", [{}, {"status": "pending"}, {"assignee": ASSIGNEE}])
def test_tasks_of_a_deleted_event_are_not_shown(
    table: MemoryTable, clocked: SimpleNamespace, query: dict[str, Any]
) -> None:
    tokens = support.people()
    dying, living = support.event(tokens[HOST]), support.event(tokens[HOST])
    create(tokens[HOST], dying, assignee=ASSIGNEE)
    kept = create(tokens[HOST], living, assignee=ASSIGNEE).json["id"]
    support.delete_event(dying)
    answer = listed(tokens[HOST], **query)
    assert (answer.json["count"], ids(answer)) == (1, [kept])


def test_a_deleted_event_has_no_tasks_on_any_page(table: MemoryTable) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    for _ in range(3):
        create(tokens[HOST], event_id)
    support.delete_event(event_id)
    body = listed(tokens[HOST], event=event_id, page_size=1).json
    assert (body["count"], body["results"], body["next"]) == (0, [], None)
    assert listed(tokens[HOST], event=event_id, page_size=1, page=2).status == 404


def test_an_assignee_who_is_new_since_the_rows_were_read_has_a_name(
    table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    task_id = create(tokens[HOST], event_id, assignee=ASSIGNEE).json["id"]
    real = context.of_rows

    def assigned_meanwhile(rows: Any) -> Any:
        assign(tokens[HOST], task_id, assignee=GUEST)
        return real(rows)

    monkeypatch.setattr(context, "of_rows", assigned_meanwhile)
    [task] = listed(tokens[STRANGER]).json["results"]
    assert task["assignee"]["username"] == f"user{GUEST}"
