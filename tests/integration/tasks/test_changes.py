"""Showing, updating, assigning, completing and deleting tasks."""

from collections.abc import Callable
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.parallel import each
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.writes import Update, write
from gatherhub.tasks import editing, store
from gatherhub.tasks.entities import Status
from gatherhub.tasks.schemas import TaskChanges
from tests.counting import miscounted
from tests.http import Answer
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
    show,
    update,
)
from tests.memory_table import MemoryTable
from tests.people import embedded

pytestmark = pytest.mark.usefixtures("table")

NOT_IDS = [1, "0", "-1", "abc", "1.5", "9" * 30, "007", "%F0%9F%8D%B0"]


@pytest.fixture
def tokens(table: MemoryTable) -> dict[int, str]:
    return support.people()


@pytest.fixture
def event_id(tokens: dict[int, str]) -> int:
    return support.event(tokens[HOST])


@pytest.fixture
def task(tokens: dict[int, str], event_id: int) -> dict[str, Any]:
    fields = {"description": "Soon", "assignee": ASSIGNEE, "due_date": "2030-01-01T00:00:00Z"}
    created: dict[str, Any] = create(tokens[CREATOR], event_id, **fields).json
    return created


def test_details_have_the_date_of_the_event_and_the_address_of_the_assignee(
    tokens: dict[int, str], task: dict[str, Any]
) -> None:
    write(Update(keys.user(ASSIGNEE), assign={"email": "carl@example.org"}))
    answer = show(tokens[STRANGER], task["id"])
    assert answer.status == 200
    assert answer.json == {
        **task,
        "event": {**task["event"], "date": "2030-06-01T18:00:00Z"},
        "assignee": {**embedded(ASSIGNEE), "email": "carl@example.org"},
    }


def test_a_changed_name_shows_in_tasks(tokens: dict[int, str], task: dict[str, Any]) -> None:
    write(Update(keys.user(ASSIGNEE), assign={"first_name": "Carla"}))
    write(Update(keys.user(CREATOR), assign={"username": "anna"}))
    shown = show(tokens[HOST], task["id"]).json
    assert (shown["assignee"]["first_name"], shown["creator"]["username"]) == ("Carla", "anna")


@pytest.mark.parametrize("operation", [show, update, delete, complete, assign])
@pytest.mark.parametrize("task_id", NOT_IDS)
def test_an_id_without_a_task_is_not_found(
    tokens: dict[int, str], operation: Callable[..., Answer], task_id: object
) -> None:
    fields = {"assignee": None} if operation is assign else {}
    answer = operation(tokens[HOST], task_id, **fields)
    assert (answer.status, answer.json["error"]) == (404, "not_found")


def test_the_tasks_of_a_deleted_event_are_gone_at_once(
    tokens: dict[int, str], event_id: int, task: dict[str, Any]
) -> None:
    support.delete_event(event_id)
    for user_id in (CREATOR, STRANGER):
        token = tokens[user_id]
        for answer in (
            show(token, task["id"]),
            update(token, task["id"], title="x"),
            assign(token, task["id"], assignee=None),
            complete(token, task["id"]),
            delete(token, task["id"]),
        ):
            assert (answer.status, answer.json["error"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_only_the_fields_that_are_sent_change(
    tokens: dict[int, str], task: dict[str, Any], method: str
) -> None:
    answer = update(tokens[CREATOR], task["id"], method, title="Bake cake", surplus=1, event=1)
    assert answer.status == 200
    assert answer.json == {**task, "title": "Bake cake", "updated_at": answer.json["updated_at"]}


def test_every_field_can_change(tokens: dict[int, str], task: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "title": "Bake cake",
        "description": "",
        "status": "in_progress",
        "priority": "urgent",
        "due_date": "2031-01-01T00:00:00Z",
    }
    answer = update(tokens[ASSIGNEE], task["id"], **fields, assignee=GUEST)
    updated_at = answer.json["updated_at"]
    assert updated_at >= task["updated_at"]
    expected = {**task, **fields, "assignee": embedded(GUEST), "updated_at": updated_at}
    assert answer.json == expected
    shown = show(tokens[HOST], task["id"]).json
    shown["assignee"].pop("email")
    shown["event"].pop("date")
    assert shown == expected


def test_date_and_assignee_can_be_removed(tokens: dict[int, str], task: dict[str, Any]) -> None:
    changed = update(tokens[CREATOR], task["id"], due_date=None, assignee=None).json
    assert (changed["due_date"], changed["assignee"]) == (None, None)


def test_the_time_of_completion_is_there_while_it_is_completed(
    tokens: dict[int, str], task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, task_id = tokens[CREATOR], task["id"]
    done = update(token, task_id, status="completed").json["completed_at"]
    assert done is not None
    monkeypatch.setattr(clock, "now", lambda: clock.from_epoch(2_000_000_000))
    again = update(token, task_id, status="completed", title="x").json
    assert (again["completed_at"], again["updated_at"]) == (done, "2033-05-18T03:33:20Z")
    assert update(token, task_id, status="pending").json["completed_at"] is None
    assert complete(token, task_id).json["task"]["completed_at"] == "2033-05-18T03:33:20Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", None),
        ("description", 5),
        ("status", "done"),
        ("priority", None),
        ("due_date", "2030-13-01T00:00:00Z"),
        ("assignee", "13"),
        ("assignee", NOWHERE),
    ],
)
def test_a_bad_field_is_named_and_nothing_changes(
    tokens: dict[int, str], task: dict[str, Any], field: str, value: Any
) -> None:
    answer = update(tokens[CREATOR], task["id"], **{"description": "new", field: value})
    assert (answer.status, answer.json["error"]) == (400, "validation_error")
    assert set(answer.json["details"]) == {field}
    assert show(tokens[CREATOR], task["id"]).json["description"] == "Soon"


def test_an_update_that_changes_nothing_writes_nothing(
    table: MemoryTable, tokens: dict[int, str], task: dict[str, Any]
) -> None:
    before = table.items()
    same: list[dict[str, Any]] = [{}, {"title": task["title"], "assignee": ASSIGNEE}]
    for fields in same:
        answer = update(tokens[CREATOR], task["id"], **fields)
        assert (answer.status, answer.json) == (200, task)
    assert without_rates(table.items()) == without_rates(before)


def without_rates(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [item for item in items if item["kind"]["S"] != "rate"]


def test_a_task_is_assigned_and_unassigned(tokens: dict[int, str], task: dict[str, Any]) -> None:
    answer = assign(tokens[HOST], task["id"], assignee=STRANGER)
    assert answer.status == 200
    assert answer.json == {
        "message": "Task assigned successfully",
        "task": {"id": task["id"], "title": "Buy cake", "assignee": embedded(STRANGER)},
    }
    assert assign(tokens[HOST], task["id"], assignee=STRANGER).json == answer.json
    answer = assign(tokens[CREATOR], task["id"], assignee=None)
    assert answer.status == 200
    assert answer.json["message"] == "Task unassigned successfully"
    assert answer.json["task"]["assignee"] is None
    assert show(tokens[CREATOR], task["id"]).json["assignee"] is None


@pytest.mark.parametrize("fields", [{}, {"assignee": "13"}, {"assignee": NOWHERE}])
def test_assigning_needs_an_assignee(
    tokens: dict[int, str], task: dict[str, Any], fields: dict[str, Any]
) -> None:
    answer = assign(tokens[CREATOR], task["id"], **fields)
    assert (answer.status, set(answer.json["details"])) == (400, {"assignee"})


def test_completing_again_changes_nothing(
    table: MemoryTable,
    tokens: dict[int, str],
    task: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = complete(tokens[ASSIGNEE], task["id"])
    assert answer.status == 200
    assert answer.json == {
        "message": "Task marked as completed",
        "task": {
            "id": task["id"],
            "title": "Buy cake",
            "status": "completed",
            "completed_at": answer.json["task"]["completed_at"],
        },
    }
    stored = support.belonging(table)
    monkeypatch.setattr(clock, "now", lambda: clock.from_epoch(2_000_000_000))
    again = complete(tokens[CREATOR], task["id"])
    assert (again.status, again.json) == (200, answer.json)
    assert support.belonging(table) == stored


def test_a_deleted_task_leaves_nothing_behind(
    table: MemoryTable, tokens: dict[int, str], task: dict[str, Any]
) -> None:
    answer = delete(tokens[HOST], task["id"])
    assert (answer.status, answer.text) == (204, "")
    assert support.belonging(table) == []
    assert miscounted(table.items()) == {}
    assert show(tokens[HOST], task["id"]).status == 404
    assert delete(tokens[HOST], task["id"]).status == 404


def test_an_edit_in_between_is_kept(
    tokens: dict[int, str], task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    interfere_once(
        monkeypatch,
        "replace",
        lambda: update(tokens[CREATOR], task["id"], description="Later", due_date=None),
    )
    answer = update(tokens[ASSIGNEE], task["id"], title="Bake cake")
    assert answer.status == 200
    shown = show(tokens[HOST], task["id"]).json
    assert (shown["title"], shown["description"], shown["due_date"]) == ("Bake cake", "Later", None)


def test_permission_is_asked_again_after_an_edit_in_between(
    tokens: dict[int, str], task: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    interfere_once(monkeypatch, "replace", lambda: assign(tokens[HOST], task["id"], assignee=GUEST))
    assert complete(tokens[ASSIGNEE], task["id"]).status == 403


@pytest.mark.parametrize("operation", [delete, complete])
def test_a_task_removed_in_between_is_not_found(
    table: MemoryTable,
    tokens: dict[int, str],
    task: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[..., Answer],
) -> None:
    write_of = "remove" if operation is delete else "replace"
    interfere_once(monkeypatch, write_of, lambda: delete(tokens[HOST], task["id"]))
    assert operation(tokens[CREATOR], task["id"]).status == 404
    assert miscounted(table.items()) == {}


def interfere_once(
    monkeypatch: pytest.MonkeyPatch, write_of: str, other: Callable[[], Any]
) -> None:
    """Let `other` happen between the reads and the write of the next request."""
    real, pending = getattr(store, write_of), [other]

    def replacement(*tasks: Any) -> None:
        if pending:
            pending.pop()()
        real(*tasks)

    monkeypatch.setattr(store, write_of, replacement)


def test_simultaneous_edits_of_a_task_happen_one_after_the_other(
    table: MemoryTable, tokens: dict[int, str], task: dict[str, Any]
) -> None:
    def edit(number: int) -> int:
        status: Status = "pending" if number % 2 else "in_progress"
        fields = {"title": f"{number}", "status": status, "assignee": (None, GUEST)[number % 2]}
        try:
            editing.update(CREATOR, task["id"], TaskChanges.model_validate(fields))
        except StoreUnavailable:  # five others were faster
            return 0
        return 1

    done = sum(each(edit, range(8)))
    found = store.load(task["id"])
    assert found is not None
    assert (done > 0, found.version) == (True, 1 + done)
    assert miscounted(table.items()) == {}
    assert delete(tokens[CREATOR], task["id"]).status == 204
    assert support.belonging(table) == []


def test_too_many_edits_in_between_are_an_unavailable_service(
    table: MemoryTable,
    tokens: dict[int, str],
    task: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = iter(range(100))
    real = store.replace

    def replacement(old: Any, new: Any) -> None:
        write(Update(keys.task(task["id"]), add={"version": 1}, assign={"n": next(numbers)}))
        real(old, new)

    monkeypatch.setattr(store, "replace", replacement)
    answer = update(tokens[CREATOR], task["id"], title="x")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert next(numbers) == 5
    assert show(tokens[CREATOR], task["id"]).json["title"] == "Buy cake"
