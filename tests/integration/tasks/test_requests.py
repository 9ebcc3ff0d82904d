"""What each route asks of the table, and that it stays so however much the table holds."""

from typing import Any

import pytest

from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    GUEST,
    HOST,
    assign,
    complete,
    create,
    delete,
    listed,
    show,
    update,
)
from tests.memory_table import MemoryTable

READ = ["UpdateItem", "GetItem", "BatchGetItem"]
EDIT = [*READ, "TransactWriteItems"]
COUNTED = ["UpdateItem", "Query", "Query", "Query", "BatchGetItem"]
WHOLE = ["UpdateItem", "Query", "BatchGetItem"]


@pytest.fixture
def tokens(table: MemoryTable) -> dict[int, str]:
    return support.people()


def requests(table: MemoryTable, start: int) -> list[str]:
    return [name for name, _ in table.requests[start:]]


def writes(table: MemoryTable, start: int) -> int:
    """Return the write units of the transactions since then, for items of up to a kilobyte."""
    transactions = [r for name, r in table.requests[start:] if name == "TransactWriteItems"]
    return sum(2 * len(request["items"]) for request in transactions)


def test_each_route_makes_these_requests(table: MemoryTable, tokens: dict[int, str]) -> None:
    event_id = support.event(tokens[HOST])
    due = "2030-01-01T00:00:00Z"
    start = len(table.requests)
    task_id = create(tokens[CREATOR], event_id, assignee=ASSIGNEE, due_date=due).json["id"]
    assert requests(table, start) == ["UpdateItem", "BatchGetItem", "TransactWriteItems"]
    assert writes(table, start) == 24
    token: Any = tokens[CREATOR]
    for operation, fields, expected, units in (
        (show, {}, READ, 0),
        (update, {"description": "x"}, EDIT, 2),
        (update, {"title": "x"}, EDIT, 4),
        (update, {"title": "x"}, READ, 0),
        (update, {"status": "in_progress"}, EDIT, 20),
        (assign, {"assignee": GUEST}, EDIT, 16),
        (assign, {"assignee": GUEST}, READ, 0),
        (complete, {}, EDIT, 20),
        (complete, {}, READ, 0),
        (delete, {}, EDIT, 20),
    ):
        start = len(table.requests)
        operation(token, task_id, **fields)
        assert requests(table, start) == expected
        assert writes(table, start) == units


@pytest.mark.parametrize("page", [1, 3, 5])
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], COUNTED),
        (["status"], COUNTED),
        (["event"], WHOLE),
        (["assignee"], WHOLE),
        (["due_date_from"], WHOLE),
        (["event", "assignee", "status", "due_date_from", "due_date_to"], WHOLE),
    ],
)
def test_a_page_at_any_depth_makes_these_requests(
    table: MemoryTable, tokens: dict[int, str], page: int, names: list[str], expected: list[str]
) -> None:
    event_id = support.event(tokens[HOST])
    for _ in range(10):
        create(tokens[HOST], event_id, assignee=ASSIGNEE, due_date="2030-01-01T00:00:00Z")
    values = {"event": event_id, "assignee": ASSIGNEE, "status": "pending"}
    values |= {"due_date_from": "2029-01-01", "due_date_to": "2031-01-01"}
    start = len(table.requests)
    answer = listed(tokens[HOST], page_size=2, page=page, **{name: values[name] for name in names})
    assert len(answer.json["results"]) == 2
    assert requests(table, start) == expected


def test_a_full_page_reads_its_items_in_one_round(
    table: MemoryTable, tokens: dict[int, str]
) -> None:
    event_id = support.event(tokens[HOST])
    for _ in range(101):
        create(tokens[HOST], event_id, assignee=ASSIGNEE)
    start = len(table.requests)
    assert len(listed(tokens[HOST], page_size=100).json["results"]) == 100
    # 103 keys: two requests side by side.
    assert requests(table, start) == [*COUNTED, "BatchGetItem"]
