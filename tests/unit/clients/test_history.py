"""What the Python client takes as new, and where it resumes."""

from typing import Literal

import pytest

from gatherhub_client.history import History, Subscription
from gatherhub_client.messages import EventReference, Message, Told

KEPT = 300
MOST = 20_000


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def message(message_id: str, timestamp: str = "2026-11-22T12:00:00Z", event: int = 1) -> Message:
    told: Told[Literal["event_deleted"], EventReference] = {
        "type": "event_deleted",
        "data": {"event_id": event},
        "timestamp": timestamp,
        "id": message_id,
    }
    return told


def ids(messages: list[Message]) -> list[str]:
    return [message["id"] for message in messages]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(clock: Clock) -> History:
    return History(clock)


def test_a_message_is_new_once(history: History) -> None:
    assert ids(history.new([message("1"), message("2"), message("1")])) == ["1", "2"]
    assert history.new([message("2")]) == []


def test_what_was_collected_is_sorted(history: History) -> None:
    history.new([message("2")])
    collected = [message("5"), message("3"), message("2"), message("4"), message("3")]
    assert ids(history.new_in_order(collected)) == ["3", "4", "5"]


def test_the_client_resumes_from_what_came_last_even_if_others_have_greater_ids(
    history: History,
) -> None:
    lasts = [history.last_id]
    history.begin("1")
    lasts.append(history.last_id)
    for number in ("3", "2", "3"):
        history.new([message(number)])
        lasts.append(history.last_id)
    history.new_in_order([message("5"), message("4")])
    # A message that comes again changes nothing: whoever sent it may be far behind.
    assert [*lasts, history.last_id] == [None, "1", "3", "2", "2", "5"]


def test_ids_are_known_for_five_minutes(history: History, clock: Clock) -> None:
    history.new([message("1")])
    clock.now = KEPT
    assert history.new([message("1")]) == []
    clock.now = KEPT + 1
    history.new([message("2")])
    assert ids(history.new([message("1"), message("2")])) == ["1"]


def test_what_comes_again_after_a_long_absence_is_known(history: History, clock: Clock) -> None:
    history.new([message("1")])
    clock.now = 10 * KEPT
    assert ids(history.new_in_order([message("2"), message("1")])) == ["2"]


def test_only_so_many_ids_are_known(history: History) -> None:
    history.new([message(f"{number:06}") for number in range(MOST + 1)])
    assert ids(history.new([message("000001"), message("000000")])) == ["000000"]


def test_what_was_told_of_a_thing_before_its_last_message_is_not_handed_out_by_resuming(
    history: History,
) -> None:
    history.new([message("5")])
    assert ids(history.new_in_order([message("4"), message("6"), message("3", event=2)])) == [
        "3",
        "6",
    ]
    assert ids(history.new([message("4")])) == ["4"]  # it was told just now


def test_what_is_older_than_what_was_fetched_is_not_handed_out_by_resuming(
    history: History,
) -> None:
    history.fetch([("events", None), ("tasks", 7)], "2026-11-22T12:00:01Z")
    older, younger = message("1"), message("2", "2026-11-22T12:00:01Z")
    assert ids(history.new_in_order([older, younger])) == ["2"]
    assert ids(history.new([older])) == ["1"]  # it was told just now


@pytest.mark.parametrize(
    ("place", "known"),
    [
        (("events", None), True),
        (("events", 1), True),
        (("events", 2), False),
        (("tasks", 1), False),
    ],
)
def test_what_was_fetched_is_what_a_subscription_is_about(
    history: History, place: Subscription, *, known: bool
) -> None:
    history.fetch([place], "2026-11-22T12:00:01Z")
    assert (history.new_in_order([message("1")]) == []) is known
