"""Exact numbers under simultaneous writers, on the emulator's own table.

The crowd calls the domain functions side by side from this process: the emulator starts a process
for each simultaneous call of a function, and two hundred of those would only try the machine.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from gatherhub import aws, clock
from gatherhub.errors import Problem
from gatherhub.events import creation, deletion, participation, update
from gatherhub.events.schemas import EventChanges, NewEvent
from gatherhub.table import keys
from gatherhub.table.items import unmarshal_item
from gatherhub.voting import casting
from gatherhub.voting import creation as voting
from gatherhub.voting.details import results
from gatherhub.voting.schemas import Choice, NewVote
from local.stack import Stack
from tests.counting import miscounted
from tests.people import account

CROWD = 200
PLACES = 50
FIRST_USER = 700_000
PATIENCE = 30  # seconds

T = TypeVar("T")


@pytest.fixture(scope="module")
def table(stack: Stack) -> Iterator[None]:
    """Point the code in this process at the emulator's table, with every permission."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TABLE_NAME", stack.outputs["TableName"])
        patch.setenv("AWS_ENDPOINT_URL", stack.config.emulator_url)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.delenv("AWS_SESSION_TOKEN")
        # One emulator serves the whole crowd: its last one waits longer than anybody would on AWS.
        patch.setattr(aws, "_CONNECT_SECONDS", PATIENCE)
        patch.setattr(aws, "_READ_SECONDS", PATIENCE)
        _forget_clients()
        account(FIRST_USER - 1)
        yield
    _forget_clients()


def _forget_clients() -> None:
    aws._client.cache_clear()
    aws._session.cache_clear()


def all_at_once(act: Callable[[int], T]) -> Counter[Any]:
    """Return how often each outcome came of `act` by each of the crowd."""

    def outcome(user: int) -> Any:
        try:
            act(user)
        except Problem as problem:
            return problem.code.value
        return "done"

    with ThreadPoolExecutor(CROWD) as pool:
        return Counter(pool.map(outcome, range(FIRST_USER, FIRST_USER + CROWD)))


def new_event(limit: int | None) -> int:
    request = NewEvent(
        title="Crowded", date=clock.now() + timedelta(days=1), max_participants=limit
    )
    return creation.create(FIRST_USER - 1, request).id


def items(stack: Stack, partition: str) -> list[dict[str, Any]]:
    answer = stack.client("dynamodb").query(
        TableName=stack.outputs["TableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": partition}},
        ConsistentRead=True,
    )
    return [unmarshal_item(item) for item in answer["Items"]]


def test_a_crowd_gets_exactly_the_free_places(stack: Stack, table: None) -> None:
    event_id = new_event(PLACES + 1)
    outcomes = all_at_once(lambda user: participation.join(user, event_id))
    assert outcomes == {"done": PLACES, "event_full": CROWD - PLACES}
    rows = items(stack, keys.event(event_id).pk)
    (event,) = [row for row in rows if row["kind"] == "event"]
    assert event["current_participants"] == PLACES + 1
    assert sum(row["kind"] == "participant" for row in rows) == PLACES + 1


def test_counters_are_right_after_many_changes_at_once(stack: Stack, table: None) -> None:
    def plan(user: int) -> None:
        event_id = new_event(None)
        if user % 2:
            change = EventChanges(date=clock.now() + timedelta(days=user % 90))
            update.update(FIRST_USER - 1, event_id, change)
        else:
            deletion.delete(FIRST_USER - 1, event_id)

    assert all_at_once(plan) == {"done": CROWD}
    everything = (
        stack.client("dynamodb")
        .get_paginator("scan")
        .paginate(TableName=stack.outputs["TableName"], ConsistentRead=True)
    )
    assert miscounted(item for page in everything for item in page["Items"]) == {}


def test_the_same_person_joins_once(stack: Stack, table: None) -> None:
    event_id = new_event(None)
    outcomes = all_at_once(lambda _: participation.join(FIRST_USER, event_id))
    assert outcomes == {"done": 1, "already_participant": CROWD - 1}


def test_every_ballot_of_a_crowd_is_counted_once(stack: Stack, table: None) -> None:
    event_id = new_event(None)
    assert all_at_once(lambda user: participation.join(user, event_id)) == {"done": CROWD}
    request = NewVote.model_validate(
        {"title": "When", "event": event_id, "options": [{"text": "a"}, {"text": "b"}]}
    )
    vote_id = voting.create(FIRST_USER - 1, request).id
    cast = all_at_once(lambda user: casting.cast(user, vote_id, Choice(options=[1 + user % 2])))
    assert cast == {"done": CROWD}
    again = all_at_once(lambda user: casting.cast(user, vote_id, Choice(options=[1])))
    assert again == {"already_voted": CROWD}
    shown = results(vote_id)
    assert shown.total_votes == CROWD
    assert [option.vote_count for option in shown.results] == [CROWD // 2, CROWD // 2]
