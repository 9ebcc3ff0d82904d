"""Joining and leaving, alone and many at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gatherhub.errors import Problem
from gatherhub.events import participation
from tests.integration.events.support import (
    ANNA,
    BEN,
    CARL,
    created,
    delete,
    join,
    leave,
    show,
    update,
)
from tests.memory_table import MemoryTable
from tests.people import embedded, person


@pytest.fixture
def anna(table: MemoryTable) -> str:
    return person(ANNA)


@pytest.fixture
def ben(table: MemoryTable) -> str:
    return person(BEN)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["error"]


def numbers(token: str, event_id: int) -> tuple[int, int]:
    """Return the number that an event tells, and that of its participants."""
    shown = show(token, event_id).json
    return shown["current_participants"], len(shown["participants"])


def test_joining_and_leaving_are_answered_with_the_number(anna: str, ben: str) -> None:
    event = created(anna, title="Picnic")
    answer = join(ben, event)
    assert (answer.status, answer.json) == (
        200,
        {
            "message": "Successfully joined the event",
            "event": {"id": event, "title": "Picnic", "current_participants": 2},
        },
    )
    assert show(anna, event).json["participants"] == [embedded(ANNA), embedded(BEN)]
    answer = leave(ben, event)
    assert (answer.status, answer.json) == (
        200,
        {
            "message": "Successfully left the event",
            "event": {"id": event, "title": "Picnic", "current_participants": 1},
        },
    )
    assert show(anna, event).json["participants"] == [embedded(ANNA)]
    assert join(ben, event).status == 200


def test_nobody_joins_twice_not_even_a_full_event(anna: str, ben: str) -> None:
    event = created(anna, max_participants=2)
    assert join(ben, event).status == 200
    assert refused(join(ben, event)) == (400, "already_participant")
    assert refused(join(anna, event)) == (400, "already_participant")
    assert numbers(anna, event) == (2, 2)


def test_a_full_event_is_full_until_somebody_leaves(anna: str, ben: str) -> None:
    event = created(anna, max_participants=2)
    carl = person(CARL)
    assert join(ben, event).status == 200
    assert refused(join(carl, event)) == (400, "event_full")
    assert leave(ben, event).status == 200
    assert join(carl, event).status == 200
    assert refused(join(ben, event)) == (400, "event_full")
    update(anna, event, max_participants=None)
    assert join(ben, event).status == 200
    assert numbers(anna, event) == (3, 3)


def test_only_participants_leave_and_the_creator_never(anna: str, ben: str) -> None:
    event = created(anna)
    assert refused(leave(ben, event)) == (400, "not_participant")
    assert refused(leave(anna, event)) == (403, "creator_cannot_leave")
    assert numbers(anna, event) == (1, 1)


@pytest.mark.parametrize("event_id", [1, "0", "-1", "abc", "1.5", "9" * 30])
def test_what_does_not_exist_is_not_found(ben: str, event_id: object) -> None:
    assert refused(join(ben, event_id)) == (404, "not_found")
    assert refused(leave(ben, event_id)) == (404, "not_found")


def test_a_deleted_event_can_be_neither_joined_nor_left(anna: str, ben: str) -> None:
    event = created(anna)
    join(ben, event)
    delete(anna, event)  # the participations are still there
    assert refused(join(ben, event)) == (404, "not_found")
    assert refused(leave(ben, event)) == (404, "not_found")
    assert refused(leave(anna, event)) == (404, "not_found")
    assert refused(join(person(CARL), event)) == (404, "not_found")


def test_both_are_for_signed_in_users(anna: str) -> None:
    event = created(anna)
    assert join(None, event).status == 401
    assert leave(None, event).status == 401


def test_an_event_that_goes_while_somebody_joins_is_not_found(
    anna: str, ben: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = created(anna)
    monkeypatch.setattr(table, "get_item", lambda **_: {})
    assert refused(join(ben, event)) == (404, "not_found")


class Busy:
    """A table whose transactions conflict when another is at the same event, as DynamoDB's do."""

    def __init__(self, table: MemoryTable, conflicts: int) -> None:
        self._write = table.transact_write_items
        self._left = conflicts

    def __call__(self, **request: Any) -> dict[str, Any]:
        if self._left:
            self._left -= 1
            reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
            response: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": reasons,
            }
            raise ClientError(response, "TransactWriteItems")
        return self._write(**request)


def test_a_join_waits_for_others(
    anna: str, ben: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = created(anna)
    monkeypatch.setattr(table, "transact_write_items", Busy(table, conflicts=6))
    monkeypatch.setattr("time.sleep", lambda _: None)
    assert join(ben, event).status == 200
    assert numbers(anna, event) == (2, 2)


def test_a_hopeless_join_is_unavailable_and_leaves_nothing(
    anna: str, ben: str, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = created(anna)
    waited: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(table, "transact_write_items", Busy(table, conflicts=1_000))
        patch.setattr("time.sleep", waited.append)
        patch.setattr("time.monotonic", lambda: sum(waited))
        answer = join(ben, event)
    assert (refused(answer), answer.headers["retry-after"]) == ((503, "service_unavailable"), "1")
    assert numbers(anna, event) == (1, 1)
    assert join(ben, event).status == 200


def attempt(user_id: int, event_id: int) -> str:
    """Join without the handler, as a container answers one request at a time."""
    try:
        participation.join(user_id, event_id)
    except Problem as problem:
        return problem.code
    return "joined"


def test_many_at_once_fill_the_places_and_no_more(anna: str) -> None:
    event = created(anna, max_participants=20)
    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda user_id: attempt(user_id, event), range(1_000, 1_060)))
    assert Counter(outcomes) == {"joined": 19, "event_full": 41}
    assert numbers(anna, event) == (20, 20)
