from datetime import datetime, timedelta
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.table.errors import ConditionFailed
from gatherhub.tasks import creation, store
from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    HOST,
    NOWHERE,
    STRANGER,
    create,
    show,
)
from tests.memory_table import MemoryTable
from tests.people import embedded

pytestmark = pytest.mark.usefixtures("table")

FULL = {
    "title": "  Buy cake 🍰 ",
    "description": "With candles",
    "priority": "high",
    "due_date": "2030-06-01T18:00:00+02:00",
    "assignee": ASSIGNEE,
}


def test_a_created_task_is_answered_as_in_a_list() -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    answer = create(tokens[CREATOR], event_id, **FULL)
    assert answer.status == 201
    task = answer.json
    now = clock.now()
    created = datetime.fromisoformat(task.pop("created_at"))
    assert now - timedelta(seconds=5) <= created <= now
    assert datetime.fromisoformat(task.pop("updated_at")) == created
    assert isinstance(task.pop("id"), int)
    assert task == {
        "title": "Buy cake 🍰",
        "description": "With candles",
        "status": "pending",
        "priority": "high",
        "due_date": "2030-06-01T16:00:00Z",
        "event": {"id": event_id, "title": "Picnic"},
        "assignee": embedded(ASSIGNEE),
        "creator": embedded(CREATOR),
        "completed_at": None,
    }


def test_what_is_left_out_is_empty() -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    task = create(tokens[HOST], event_id).json
    assert (task["description"], task["priority"]) == ("", "medium")
    assert (task["due_date"], task["assignee"]) == (None, None)
    assert show(tokens[STRANGER], task["id"]).json == {
        **task,
        "event": {"id": event_id, "title": "Picnic", "date": "2030-06-01T18:00:00Z"},
    }


def test_bad_fields_are_all_named() -> None:
    tokens = support.people()
    answer = create(tokens[HOST], None, title="", priority="!", due_date="soon", assignee="13")
    assert answer.status == 400
    assert answer.json["error"] == "validation_error"
    expected = {"title", "event", "priority", "due_date", "assignee"}
    assert set(answer.json["details"]) == expected


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"event_id": NOWHERE}, {"event"}),
        ({"assignee": NOWHERE}, {"assignee"}),
        ({"event_id": NOWHERE, "assignee": NOWHERE}, {"event", "assignee"}),
        ({"event_id": 2**53 - 1, "assignee": 2**53 - 1}, {"event", "assignee"}),
    ],
)
def test_an_unknown_event_or_assignee_is_named(
    table: MemoryTable, fields: dict[str, Any], named: set[str]
) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    answer = create(tokens[HOST], **{"event_id": event_id, **fields})
    assert (answer.status, answer.json["error"]) == (400, "validation_error")
    assert set(answer.json["details"]) == named
    assert support.belonging(table) == []


def test_only_participants_may_add_tasks(table: MemoryTable) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    answer = create(tokens[STRANGER], event_id, assignee=NOWHERE)
    assert (answer.status, answer.json["error"]) == (403, "permission_denied")
    assert create(None, event_id).status == 401
    assert support.belonging(table) == []


def test_a_task_of_a_deleted_event_is_refused() -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    support.delete_event(event_id)
    assert set(create(tokens[HOST], event_id).json["details"]) == {"event"}


def test_leaving_meanwhile_is_noticed_by_the_transaction(
    table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    add = store.add

    def leave_and_add(task: Any) -> None:
        support.leave(event_id, CREATOR)
        add(task)

    monkeypatch.setattr(store, "add", leave_and_add)
    assert create(tokens[CREATOR], event_id).status == 403
    assert support.belonging(table) == []


def test_an_assignee_who_does_not_exist_is_noticed_by_the_transaction(table: MemoryTable) -> None:
    tokens = support.people()
    task_id = create(tokens[HOST], support.event(tokens[HOST])).json["id"]
    task = store.load(task_id)
    assert task is not None
    stored = support.belonging(table)
    for action in (lambda new: store.replace(task, new), store.add):
        with pytest.raises(ConditionFailed):
            action(task.model_copy(update={"id": 6, "assignee_id": NOWHERE}))
    assert support.belonging(table) == stored


def test_a_taken_id_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    drawn = iter([5, 5, 6])
    monkeypatch.setattr(creation, "new_id", lambda: next(drawn))
    assert create(tokens[HOST], event_id, title="First").json["id"] == 5
    assert create(tokens[HOST], event_id, title="Second").json["id"] == 6
    assert show(tokens[HOST], 5).json["title"] == "First"


def test_ids_that_stay_taken_are_an_unavailable_service(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    monkeypatch.setattr(creation, "new_id", lambda: 5)
    assert create(tokens[HOST], event_id).status == 201
    answer = create(tokens[HOST], event_id)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_items_carry_the_kinds_by_which_the_stream_is_filtered(table: MemoryTable) -> None:
    tokens = support.people()
    create(tokens[HOST], support.event(tokens[HOST]), assignee=ASSIGNEE)
    kinds = [item["kind"] for item in support.belonging(table)]
    assert sorted(kinds) == ["row", "row", "row", "task", "task_of_event"]
