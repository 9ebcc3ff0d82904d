from datetime import UTC, datetime
from typing import Any

import pytest

from gatherhub.table import keys
from gatherhub.table.lists import Position
from gatherhub.table.writes import Delete, Put, Update
from gatherhub.tasks import rows
from gatherhub.tasks.entities import Task

MOMENT = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)
TEXT = "2026-11-22T13:30:00Z"
DUE = datetime(2027, 1, 1, tzinfo=UTC)
TASK = Task(
    id=5,
    event_id=7,
    creator_id=1,
    assignee_id=2,
    title="Buy cake",
    description="With candles",
    status="pending",
    priority="high",
    due_date=DUE,
    created_at=MOMENT,
    updated_at=MOMENT,
    completed_at=None,
    version=3,
)
AT = Position(TEXT, 5).sort_key
BARE = TASK.model_copy(update={"assignee_id": None, "due_date": None})

Change = tuple[str, str, str]


def changed(**fields: Any) -> Task:
    return TASK.model_copy(update=fields)


def seen(old: Task | None, new: Task | None) -> set[Change]:
    """Return kind, partition and what is counted or where of each action."""
    names = {Put: "put", Delete: "delete"}
    found = set()
    for action in rows.changes(old, new):
        if isinstance(action, Update):
            bucket = action.key.sk.rsplit("#", 1)[0]
            ((attribute, change),) = action.add.items()
            found.add((f"{change:+d}", action.key.pk, f"{bucket} {attribute}"))
        else:
            found.add((names[type(action)], action.key.pk, action.key.sk))
    return found


def row(kind: str, name: str, at: str = AT) -> Change:
    return (kind, keys.list_partition(name), at)


def counted(kind: str, name: str) -> set[Change]:
    sign = {"put": "+1", "delete": "-1"}[kind]
    buckets = ("M#2026-11 n", "D#2026-11-22 h13")
    return {row(kind, name)} | {(sign, keys.count_partition(name), each) for each in buckets}


def pointer(kind: str) -> Change:
    return (kind, *keys.task_of_event(7, 5))


def everywhere(kind: str) -> set[Change]:
    due = Position("2027-01-01T00:00:00Z", 5).sort_key
    singles = {row(kind, "tasks:assignee:2"), row(kind, "tasks:due", due), pointer(kind)}
    return singles | counted(kind, "tasks") | counted(kind, "tasks:status:pending")


def test_a_task_is_listed_everywhere_and_leaves_nothing() -> None:
    assert seen(None, TASK) == everywhere("put")
    assert seen(TASK, None) == everywhere("delete")
    assert seen(None, None) == set()


def test_a_task_without_assignee_and_date_is_in_neither_list() -> None:
    lists = {partition for _, partition, _ in seen(None, BARE)}
    assert not any("assignee" in name or "due" in name for name in lists)


def test_rows_carry_what_their_lists_need() -> None:
    data = {a.key.pk: a.item for a in rows.changes(None, TASK) if isinstance(a, Put)}
    embedded = {"id": 5, "event_id": 7, "creator_id": 1, "assignee_id": 2}
    filterable = {"status": "pending", "due_date": "2027-01-01T00:00:00Z", "created_at": TEXT}
    assert data == {
        "LIST#tasks": {"kind": "row", **embedded},
        "LIST#tasks:status:pending": {"kind": "row", **embedded},
        "LIST#tasks:assignee:2": {"kind": "row", **embedded, **filterable},
        "LIST#tasks:due": {"kind": "row", **embedded, **filterable},
        keys.event(7).pk: {
            "kind": "task_of_event",
            "title": "Buy cake",
            **embedded,
            **filterable,
        },
    }


@pytest.mark.parametrize("field", ["description", "priority"])
def test_what_no_row_shows_changes_none(field: str) -> None:
    assert seen(TASK, changed(**{field: "low"}, version=4)) == set()


def test_a_new_title_changes_the_pointer_alone() -> None:
    assert seen(TASK, changed(title="Bake cake")) == {pointer("put")}


def test_a_new_status_moves_between_the_lists_of_both() -> None:
    expected = counted("delete", "tasks:status:pending") | counted("put", "tasks:status:completed")
    found = seen(TASK, changed(status="completed"))
    assert found >= expected | {pointer("put"), row("put", "tasks:assignee:2")}
    assert ("put", "LIST#tasks", AT) not in found  # it does not know the status


def test_a_new_assignee_moves_the_row_from_one_person_to_another() -> None:
    found = seen(TASK, changed(assignee_id=3))
    assert {row("delete", "tasks:assignee:2"), row("put", "tasks:assignee:3")} <= found
    assert {row("put", "tasks"), row("put", "tasks:status:pending")} <= found
    assert not any(kind in {"+1", "-1"} for kind, _, _ in found)


def test_a_due_date_that_goes_takes_its_row_along() -> None:
    due = Position("2027-01-01T00:00:00Z", 5).sort_key
    assert row("delete", "tasks:due", due) in seen(TASK, changed(due_date=None))


def test_no_edit_comes_near_the_limit_of_a_transaction() -> None:
    other = changed(status="completed", assignee_id=3, due_date=MOMENT, title="x")
    actions = rows.changes(TASK, other)
    assert len(actions) == 12
    assert len({action.key for action in actions}) == 12


def test_completing_stamps_the_time_and_going_back_clears_it() -> None:
    done = TASK.in_status("completed")
    assert done.completed_at is not None
    assert done.in_status("completed") is done
    assert done.in_status("in_progress").completed_at is None
