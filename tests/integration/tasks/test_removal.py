"""Removing the tasks of a deleted event, once, twice, or halfway."""

from typing import Any

import pytest

from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.writes import Delete, write
from gatherhub.tasks import removal, store
from gatherhub.tasks.entities import Task
from tests.counting import miscounted
from tests.integration.tasks import support
from tests.integration.tasks.support import ASSIGNEE, HOST, complete, create, ids, listed, update
from tests.memory_table import MemoryTable


@pytest.fixture
def tokens(table: MemoryTable) -> dict[int, str]:
    return support.people()


@pytest.fixture
def dying(table: MemoryTable, tokens: dict[int, str]) -> int:
    """Return an event with tasks of every sort that has just been deleted."""
    event_id = support.event(tokens[HOST])
    for number in range(9):
        fields = {"assignee": ASSIGNEE, "due_date": "2030-01-01T00:00:00Z"} if number % 2 else {}
        task_id = create(tokens[HOST], event_id, **fields).json["id"]
        if number % 3 == 0:
            complete(tokens[HOST], task_id)
    support.delete_event(event_id)
    return event_id


@pytest.fixture
def living(table: MemoryTable, tokens: dict[int, str]) -> list[dict[str, Any]]:
    """Return everything that belongs to the task of another event."""
    event_id = support.event(tokens[HOST])
    create(tokens[HOST], event_id, assignee=ASSIGNEE)
    return support.belonging(table)


def test_nothing_is_left_and_other_events_keep_theirs(
    table: MemoryTable, tokens: dict[int, str], living: list[dict[str, Any]], dying: int
) -> None:
    assert len(support.belonging(table)) > len(living)
    removal.remove_with_event(dying)
    assert support.belonging(table) == living
    assert miscounted(table.items()) == {}
    assert listed(tokens[HOST]).json["count"] == 1


def test_a_second_run_finds_nothing_to_do(table: MemoryTable, dying: int) -> None:
    removal.remove_with_event(dying)
    after = len(table.stream)
    removal.remove_with_event(dying)
    assert len(table.stream) == after


def test_a_run_picks_up_where_another_broke_off(
    table: MemoryTable, dying: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, allowed = store.remove, iter(range(4))

    def break_off(task: Task) -> None:
        if next(allowed, None) is None:
            raise StoreUnavailable("throttled")
        real(task)

    with monkeypatch.context() as patch:
        patch.setattr(store, "remove", break_off)
        with pytest.raises(StoreUnavailable):
            removal.remove_with_event(dying)
    assert miscounted(table.items()) == {}
    assert support.belonging(table) != []
    removal.remove_with_event(dying)
    assert support.belonging(table) == []
    assert miscounted(table.items()) == {}


def test_tasks_removed_or_changed_meanwhile_are_no_obstacle(
    table: MemoryTable, tokens: dict[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = support.event(tokens[HOST])
    first, second, third = (create(tokens[HOST], event_id).json["id"] for _ in range(3))
    real, before = store.remove, [True]

    def interfered(task: Task) -> None:
        if before:
            before.clear()
            found = store.load(first)
            assert found is not None
            real(found)
            assert update(tokens[HOST], second, status="completed").status == 200
            assert update(tokens[HOST], third, title="New").status == 200
        real(task)

    monkeypatch.setattr(store, "remove", interfered)
    monkeypatch.setattr(removal, "_LANES", 1)
    removal.remove_with_event(event_id)
    assert support.belonging(table) == []
    assert miscounted(table.items()) == {}


def test_a_pointer_whose_task_is_gone_goes(table: MemoryTable, dying: int) -> None:
    task = next(item for item in support.belonging(table) if item["kind"] == "task_of_event")
    write(Delete(keys.task(task["id"])))
    removal.remove_with_event(dying)
    assert not [item for item in support.belonging(table) if item["pk"] == keys.event(dying).pk]


def test_tasks_that_do_not_go_are_tried_again_later(
    table: MemoryTable, dying: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "remove", lambda _: None)
    with pytest.raises(StoreUnavailable):
        removal.remove_with_event(dying)


def test_an_event_without_tasks_is_a_single_request(table: MemoryTable) -> None:
    before = len(table.requests)
    removal.remove_with_event(12345)
    assert [name for name, _ in table.requests[before:]] == ["Query"]


def test_lists_are_right_while_tasks_go(
    table: MemoryTable, tokens: dict[int, str], living: list[dict[str, Any]], dying: int
) -> None:
    expected = [item["id"] for item in living if item["kind"] == "task"]
    for query in ({}, {"assignee": ASSIGNEE}, {"status": "pending"}):
        answer = listed(tokens[HOST], **query)
        assert (answer.json["count"], ids(answer)) == (1, expected)
