from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from gatherhub.ids import MAX_ID
from gatherhub.tasks.schemas import Assignment, NewTask, TaskChanges, TaskFilter

VALID: dict[str, Any] = {"title": "Buy cake", "event": 7}

BAD_VALUES = [
    ("title", ""),
    ("title", "  "),
    ("title", "x" * 201),
    ("title", None),
    ("title", 5),
    ("title", "\ud800"),
    ("description", "x" * 5_001),
    ("description", None),
    ("priority", "High"),
    ("priority", None),
    ("priority", 1),
    ("due_date", "2026-06-01"),
    ("due_date", "2026-02-30T10:00:00Z"),
    ("due_date", 1_767_225_600),
    ("assignee", "2"),
    ("assignee", 2.0),
    ("assignee", True),
    ("assignee", 0),
    ("assignee", -1),
    ("assignee", MAX_ID + 1),
    ("assignee", {"id": 2}),
]


def wrong_fields(model: type[BaseModel], value: dict[str, Any]) -> list[Any]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return [error["loc"][0] for error in caught.value.errors()]


def test_what_may_be_left_out_has_its_default() -> None:
    task = NewTask.model_validate({**VALID, "status": "completed", "surplus": 1})
    assert task.model_dump() == {
        "title": "Buy cake",
        "description": "",
        "event": 7,
        "priority": "medium",
        "due_date": None,
        "assignee": None,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 200, "description": "x" * 5_000},
        {"event": MAX_ID, "assignee": MAX_ID},
        {"priority": "low"},
        {"priority": "urgent"},
        {"due_date": "1999-12-31T23:59:59+02:00", "assignee": None},
    ],
)
def test_limits_are_inclusive(fields: dict[str, Any]) -> None:
    NewTask.model_validate({**VALID, **fields})
    TaskChanges.model_validate(fields)


@pytest.mark.parametrize(("field", "value"), BAD_VALUES)
def test_anything_else_is_refused_by_field(field: str, value: object) -> None:
    assert wrong_fields(NewTask, {**VALID, field: value}) == [field]
    assert wrong_fields(TaskChanges, {field: value}) == [field]


@pytest.mark.parametrize("value", [None, "7", 0, -7, 7.0, True, MAX_ID + 1, [7]])
def test_the_event_is_an_id(value: object) -> None:
    assert wrong_fields(NewTask, {**VALID, "event": value}) == ["event"]


@pytest.mark.parametrize("field", ["title", "event"])
def test_title_and_event_are_required(field: str) -> None:
    without = {name: VALID[name] for name in VALID if name != field}
    assert wrong_fields(NewTask, without) == [field]


@pytest.mark.parametrize("value", ["done", None, "", 1])
def test_a_status_is_one_of_three(value: object) -> None:
    assert wrong_fields(TaskChanges, {"status": value}) == ["status"]


def test_changes_know_what_was_sent() -> None:
    changes = TaskChanges.model_validate({"due_date": None, "event": "ignored"})
    assert changes.model_fields_set == {"due_date"}


def test_the_description_promises_no_defaults_for_changes() -> None:
    properties = TaskChanges.model_json_schema()["properties"].values()
    assert not any("default" in field for field in properties)


def test_nobody_is_an_assignee_but_must_be_said() -> None:
    assert Assignment.model_validate({"assignee": None}).assignee is None
    assert wrong_fields(Assignment, {}) == ["assignee"]


def test_filters_are_read_from_text() -> None:
    wanted = TaskFilter.model_validate(
        {"event": "7", "assignee": "8", "status": "pending", "due_date_from": "2026-06-01"}
    )
    assert (wanted.event, wanted.assignee, wanted.status) == (7, 8, "pending")
    assert wanted.due_date_from is not None
    assert wanted.due_date_from.at == datetime(2026, 6, 1, tzinfo=UTC)
    assert wanted.due_date_to is None
