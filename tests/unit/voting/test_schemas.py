from typing import Any

import pytest
from pydantic import ValidationError

from gatherhub import clock
from gatherhub.voting.schemas import Choice, NewVote

TWO = [{"text": "A"}, {"text": "B"}]
VALID: dict[str, Any] = {"title": "Dinner", "event": 1, "options": TWO}


def options(number: int) -> list[dict[str, str]]:
    return [{"text": f"Option {n}"} for n in range(number)]


def wrong(model: type[NewVote | Choice], value: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(value)
    return [".".join(str(part) for part in error["loc"]) for error in caught.value.errors()]


def test_what_may_be_left_out_has_its_default() -> None:
    vote = NewVote.model_validate({**VALID, "surplus": 1})
    assert (vote.description, vote.ends_at, vote.multiple_choice) == ("", None, False)


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 200, "description": "x" * 5_000},
        {"options": options(20)},
        {"options": [{"text": "x" * 200}, {"text": "X" * 200}]},
        {"ends_at": None},
        {"ends_at": "2040-01-01T12:00:00+02:00"},
        {"multiple_choice": True},
        {"event": 2**53 - 1},
    ],
)
def test_limits_are_inclusive(fields: dict[str, Any]) -> None:
    NewVote.model_validate({**VALID, **fields})


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("title", "", "title"),
        ("title", " ", "title"),
        ("title", "x" * 201, "title"),
        ("title", None, "title"),
        ("description", "x" * 5_001, "description"),
        ("description", None, "description"),
        ("event", "1", "event"),
        ("event", True, "event"),
        ("event", 1.5, "event"),
        ("event", 0, "event"),
        ("event", -1, "event"),
        ("event", 2**53, "event"),
        ("event", None, "event"),
        ("options", None, "options"),
        ("options", {}, "options"),
        ("options", "AB", "options"),
        ("options", options(1), "options"),
        ("options", options(21), "options"),
        ("options", [{"text": "A"}, {"text": " A "}], "options"),
        ("options", [{"text": "A"}, "B"], "options.1"),
        ("options", [{"text": ""}, {"text": "B"}], "options.0.text"),
        ("options", [{"text": "A"}, {"text": "x" * 201}], "options.1.text"),
        ("options", [{"text": "A"}, {}], "options.1.text"),
        ("options", [{"text": "A"}, {"text": 5}], "options.1.text"),
        ("ends_at", "2020-01-01T12:00:00Z", "ends_at"),
        ("ends_at", "2040-01-01", "ends_at"),
        ("ends_at", 2_208_988_800, "ends_at"),
        ("multiple_choice", "true", "multiple_choice"),
        ("multiple_choice", 1, "multiple_choice"),
        ("multiple_choice", None, "multiple_choice"),
    ],
)
def test_anything_else_is_refused_by_field(field: str, value: object, place: str) -> None:
    assert wrong(NewVote, {**VALID, field: value}) == [place]


def test_a_vote_can_not_end_in_the_second_in_which_it_is_created(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: clock.from_text("2030-01-01T00:00:00Z"))
    assert wrong(NewVote, {**VALID, "ends_at": "2030-01-01T00:00:00Z"}) == ["ends_at"]
    NewVote.model_validate({**VALID, "ends_at": "2030-01-01T00:00:01Z"})


@pytest.mark.parametrize("field", ["title", "event", "options"])
def test_three_fields_are_required(field: str) -> None:
    assert wrong(NewVote, {name: VALID[name] for name in VALID if name != field}) == [field]


@pytest.mark.parametrize("body", [{}, {"options": []}])
def test_a_choice_of_nothing_is_no_wrong_type(body: dict[str, Any]) -> None:
    assert Choice.model_validate(body).options == []


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (None, "options"),
        (1, "options"),
        ("1", "options"),
        ({"1": 1}, "options"),
        ([1, "2"], "options.1"),
        ([1.5], "options.0"),
        ([True], "options.0"),
        ([None], "options.0"),
    ],
)
def test_a_choice_of_a_wrong_type_is_refused_by_field(value: object, place: str) -> None:
    assert wrong(Choice, {"options": value}) == [place]
