from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from gatherhub.events.entities import Event
from gatherhub.events.schemas import NewEvent

VALID: dict[str, Any] = {"title": "Picnic", "date": "2026-06-01T18:00:00Z"}


def test_what_may_be_left_out_has_its_default() -> None:
    event = NewEvent.model_validate({**VALID, "surplus": 1})
    assert (event.description, event.location, event.max_participants) == ("", "", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 200, "description": "x" * 5_000, "location": "x" * 300},
        {"max_participants": 1},
        {"max_participants": 1_000_000},
        {"max_participants": None},
        {"date": "1999-12-31T23:59:59+02:00"},
    ],
)
def test_limits_are_inclusive(fields: dict[str, Any]) -> None:
    NewEvent.model_validate({**VALID, **fields})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "  "),
        ("title", "x" * 201),
        ("title", None),
        ("title", 5),
        ("title", "\ud800"),
        ("description", "x" * 5_001),
        ("description", None),
        ("date", None),
        ("date", "2026-06-01"),
        ("date", "2026-02-30T10:00:00Z"),
        ("date", 1_767_225_600),
        ("location", "x" * 301),
        ("location", ["here"]),
        ("max_participants", 0),
        ("max_participants", 1_000_001),
        ("max_participants", "5"),
        ("max_participants", 5.0),
        ("max_participants", True),
    ],
)
def test_anything_else_is_refused_by_field(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        NewEvent.model_validate({**VALID, field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


@pytest.mark.parametrize("field", ["title", "date"])
def test_title_and_date_are_required(field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        NewEvent.model_validate({name: VALID[name] for name in VALID if name != field})
    assert caught.value.errors()[0]["type"] == "missing"


def test_a_stored_event_is_read_back_as_it_was() -> None:
    now = datetime(2026, 6, 1, 18, tzinfo=UTC)
    event = Event(
        id=1,
        creator_id=2,
        title="Picnic",
        description="",
        date=now,
        location="",
        max_participants=None,
        current_participants=1,
        created_at=now,
        updated_at=now,
        version=1,
        words=("picnic",),
    )
    item = event.model_dump()
    assert item["date"] == "2026-06-01T18:00:00Z"
    assert Event.model_validate({**item, "pk": "EVENT#1", "kind": "event"}) == event
