"""Lists against a plain sorted list: pages, counts and ranges in either direction."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherhub.table import lists
from gatherhub.table.lists import ALWAYS, List, Position, Range, Row
from gatherhub.table.writes import transact
from tests.memory_table import MemoryTable

# Few different moments: ties, moves within an hour, a month's edges and a year's.
MOMENTS = [
    "0001-01-01T00:00:00Z",
    "1500-05-05T05:05:05Z",
    "1989-12-31T23:59:59Z",
    "1990-01-01T00:00:00Z",
    "2026-10-31T23:59:59Z",
    "2026-11-01T00:00:00Z",
    "2026-11-01T00:00:01Z",
    "2026-11-01T00:59:59Z",
    "2026-11-01T01:00:00Z",
    "2026-11-22T13:30:00Z",
    "2026-12-01T00:00:00Z",
    "2027-01-01T00:00:00Z",
    "2059-12-31T23:59:59Z",
    "2060-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
]
moments = st.sampled_from(MOMENTS)
edges = st.sampled_from([lists.FIRST, *MOMENTS, lists.LAST])
steps = st.lists(
    st.tuples(st.sampled_from(["add", "move", "remove"]), st.integers(1, 12), moments), max_size=25
)
_names = iter(range(10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, start=edges, end=edges, size=st.integers(1, 4), latest_first=st.booleans())
def test_a_list_is_a_sorted_list(
    steps: list[tuple[str, int, str]], start: str, end: str, size: int, latest_first: bool
) -> None:
    target = List(f"test:{next(_names)}", shards=2)
    model: dict[int, str] = {}
    for action, row_id, moment in steps:
        new = Row(Position(moment, row_id), {"seen": moment})
        known = model.get(row_id)
        if action == "add" and known is None:
            transact(lists.add(target, new))
            model[row_id] = moment
        elif action == "move" and known is not None:
            old = Row(Position(known, row_id), {"seen": known})
            if changes := lists.replace(target, old, new):
                transact(changes)
            model[row_id] = moment
        elif action == "remove" and known is not None:
            transact(lists.remove(target, Position(known, row_id)))
            del model[row_id]
    for within in (ALWAYS, Range(start, end)):
        expected = sorted(
            ((m, i) for i, m in model.items() if within.start <= m < within.end),
            reverse=latest_first,
        )
        rows = lists.whole(target, within, latest_first=latest_first)
        assert [(row["seen"], row["id"]) for row in rows] == expected
        for offset in range(0, len(expected) + size, size):
            page = lists.page(target, within, offset, size, latest_first=latest_first)
            assert page.count == len(expected)
            seen = [(row["seen"], row["id"]) for row in page.rows]
            assert seen == expected[offset : offset + size]


def test_a_row_that_stays_where_it_is_costs_one_write() -> None:
    target = List("test", shards=2)
    position = Position("2026-11-22T13:30:00Z", 1)
    assert lists.replace(target, Row(position, {"a": 1}), Row(position, {"a": 1})) == []
    assert len(lists.replace(target, Row(position, {"a": 1}), Row(position, {"a": 2}))) == 1
    same_hour = Position("2026-11-22T13:45:00Z", 1)
    assert len(lists.replace(target, Row(position), Row(same_hour))) == 2
    other_hour = Position("2026-11-22T14:00:00Z", 1)
    assert len(lists.replace(target, Row(position), Row(other_hour))) == 3
    other_month = Position("2026-12-22T13:00:00Z", 1)
    assert len(lists.replace(target, Row(position), Row(other_month))) == 6


def test_an_uncounted_list_writes_its_row_alone() -> None:
    assert len(lists.add(List("test"), Row(Position(MOMENTS[0], 1)))) == 1


@pytest.mark.parametrize("steps", [1, 2])
def test_rows_that_go_while_they_are_counted_are_an_empty_page(
    monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    target, position = List("test", shards=2), Position("2026-11-22T13:30:00Z", 1)
    with MemoryTable().installed() as table:
        transact(lists.add(target, Row(position)))
        read = table.query
        seen = []

        def query(**request: Any) -> dict[str, Any]:
            answer = read(**request)
            seen.append(request)
            if len(seen) == steps:
                transact(lists.remove(target, position))
            return answer

        monkeypatch.setattr(table, "query", query)
        page = lists.page(target, ALWAYS, 0, 5, latest_first=True)
    assert (page.rows, page.count) == ([], 1)


def test_far_away_moments_share_the_counters_of_their_decade() -> None:
    buckets = {
        action.key.sk.rsplit("#", 1)[0]
        for moment in ("1500-01-01T00:00:00Z", "1509-12-31T00:00:00Z", "2026-11-22T13:30:00Z")
        for action in lists.add(List("test", shards=2), Row(Position(moment, 1)))
        if action.key.sk.startswith("M#")
    }
    assert buckets == {"M#150", "M#2026-11"}
