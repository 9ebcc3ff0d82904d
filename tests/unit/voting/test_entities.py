from datetime import timedelta
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.table.items import marshal_item, unmarshal_item
from gatherhub.voting.entities import Option, Totals, Vote, item_of
from gatherhub.voting.store import shards_for

NOON = clock.from_text("2026-11-22T12:00:00Z")


def vote(options: int = 3, **fields: Any) -> Vote:
    values: dict[str, Any] = {
        "id": 7,
        "event_id": 1,
        "creator_id": 2,
        "title": "Dinner",
        "description": "",
        "options": tuple(Option(id=n, text=f"Option {n}") for n in range(1, options + 1)),
        "ends_at": None,
        "multiple_choice": False,
        "created_at": NOON,
        "shards": 1,
    }
    return Vote(**{**values, **fields})


def totals(ballots: int, *chosen: int) -> Totals:
    return Totals(ballots, dict(enumerate(chosen, 1)))


def test_a_stored_vote_is_read_back_as_it_was() -> None:
    for original in (vote(), vote(ends_at=NOON), vote(ends_at=NOON, closed_at=NOON)):
        item = unmarshal_item(marshal_item(item_of(original)))
        assert Vote.model_validate({**item, "pk": "VOTE#7", "kind": "vote"}) == original
    assert "closed_at" not in item_of(vote())
    assert item_of(vote())["ends_at"] is None


def test_a_vote_has_ended_from_its_end_on() -> None:
    second = timedelta(seconds=1)
    assert vote(ends_at=NOON).status_at(NOON - second) == "active"
    assert vote(ends_at=NOON).status_at(NOON) == "ended"
    assert vote(ends_at=NOON).status_at(NOON + second) == "ended"
    assert vote().status_at(NOON + 10_000 * timedelta(days=1)) == "active"


def test_an_open_vote_stands_behind_every_end_by_its_age() -> None:
    assert vote(ends_at=NOON).end == "2026-11-22T12:00:00Z"
    assert vote().end == "9026-11-22T12:00:00Z"
    # The year 9400 has no such day, but the text need not be one.
    leap = clock.from_text("2400-02-29T00:00:00Z")
    assert vote(created_at=leap).end == "9400-02-29T00:00:00Z"


def test_totals_are_the_sum_of_their_shards() -> None:
    shards: list[dict[str, Any]] = [
        {"ballots": 0, "end": "x"},
        {"ballots": 2, "o1": 2, "o3": 1},
        {"ballots": 1, "o1": 1},
    ]
    assert Totals.of(vote(), shards) == totals(3, 3, 0, 1)
    assert Totals.of(vote(), []) == totals(0, 0, 0, 0)


@pytest.mark.parametrize(
    ("ballots", "count", "percentage"),
    [
        (0, 0, 0.0),
        (15, 8, 53.3),
        (15, 7, 46.7),
        (3, 1, 33.3),
        (3, 2, 66.7),
        (16, 1, 6.3),  # 6.25: halves go up, where floats would go to 6.2
        (8, 3, 37.5),
        (1, 1, 100.0),
        (2_000, 1, 0.1),
        (2_001, 1, 0.0),
        (1_000_000_007, 1_000_000_007, 100.0),
    ],
)
def test_percentages_are_of_ballots_with_one_decimal(
    ballots: int, count: int, percentage: float
) -> None:
    assert totals(ballots, count).percentage(1) == percentage


def test_each_percentage_may_be_a_hundred_when_several_may_be_chosen() -> None:
    both = totals(5, 5, 5)
    assert [both.percentage(1), both.percentage(2)] == [100.0, 100.0]


@pytest.mark.parametrize(
    ("chosen", "winner"),
    [
        ((0, 0, 0), None),
        ((1, 0, 0), 1),
        ((0, 0, 1), 3),
        ((2, 3, 1), 2),
        ((2, 2, 1), None),
        ((1, 1, 1), None),
        ((0, 4, 4), None),
    ],
)
def test_the_winner_is_alone_at_the_top(chosen: tuple[int, ...], winner: int | None) -> None:
    assert totals(sum(chosen), *chosen).winner() == winner


@pytest.mark.parametrize(
    ("participants", "shards"),
    [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3), (800, 16), (801, 16), (10**6, 16)],
)
def test_totals_are_spread_by_the_number_of_participants(participants: int, shards: int) -> None:
    assert shards_for(participants) == shards
