"""What requests cost, and that there are as many however much the table holds."""

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
    update,
)
from tests.memory_table import MemoryTable

COUNTED = ["UpdateItem", "Query", "Query", "Query", "BatchGetItem"]


@pytest.fixture
def tokens(table: MemoryTable) -> dict[int, str]:
    return support.people()


def requests(table: MemoryTable, start: int) -> list[str]:
    return [name for name, _ in table.requests[start:]]


def writes(table: MemoryTable, start: int) -> int:
    """Return the write units of the transactions since then, for items of up to a kilobyte."""
    transactions = [r for name, r in table.requests[start:] if name == "TransactWriteItems"]
    return sum(2 * len(request["items"]) for request in transactions)


def test_a_write_is_charged_for_what_it_changes(table: MemoryTable, tokens: dict[int, str]) -> None:
    event_id = support.event(tokens[HOST])
    due = "2030-01-01T00:00:00Z"
    start = len(table.requests)
    task_id = create(tokens[CREATOR], event_id, assignee=ASSIGNEE, due_date=due).json["id"]
    assert writes(table, start) == 24
    token: Any = tokens[CREATOR]
    for operation, fields, units in (
        (update, {"description": "x"}, 2),
        (update, {"title": "x"}, 4),
        (update, {"title": "x"}, 0),
        (update, {"status": "in_progress"}, 20),
        (assign, {"assignee": GUEST}, 16),
        (assign, {"assignee": GUEST}, 0),
        (complete, {}, 20),
        (complete, {}, 0),
        (update, {"status": "pending", "assignee": ASSIGNEE, "due_date": None}, 26),
        (delete, {}, 18),
    ):
        start = len(table.requests)
        operation(token, task_id, **fields)
        assert writes(table, start) == units


@pytest.mark.parametrize("page", [1, 3, 5])
@pytest.mark.parametrize("query", [{}, {"status": "pending"}])
def test_a_page_at_any_depth_makes_the_same_requests(
    table: MemoryTable, tokens: dict[int, str], page: int, query: dict[str, str]
) -> None:
    event_id = support.event(tokens[HOST])
    for _ in range(10):
        create(tokens[HOST], event_id)
    start = len(table.requests)
    answer = listed(tokens[HOST], page_size=2, page=page, **query)
    assert len(answer.json["results"]) == 2
    assert requests(table, start) == COUNTED


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
