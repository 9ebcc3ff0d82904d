"""A stream at its worst: batches come again, in pieces and late, and are told by halves.

Of each item the changes keep their order, as a stream guarantees; nothing else is as it was. What a
client makes of it is the same as of one clean run.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.queues import NotSent
from gatherhub.realtime import fan_out, log, publishing
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import Connection, open_connection
from gatherhub.realtime.publishing import Delivery, Outcome
from gatherhub.table.errors import StoreUnavailable
from gatherhub_client import Message
from gatherhub_client.history import History
from tests.people import person
from tests.recording import RecordingTable
from tests.sockets import broadcast, created

USER = 41
EVENTS = range(501, 507)
CHANGES = 6  # of each event
LONG_AGO = 300  # seconds
RARELY, OFTEN = 0.1, 0.4

Record = dict[str, Any]


class Client:
    """The one listener; what it hands out is in `stories`, by event.

    `breaks` says before each post whether it fails.
    """

    def __init__(self, breaks: Callable[[], bool]) -> None:
        self.stories: dict[int, list[Message]] = defaultdict(list)
        self.posts = self.broken = 0
        self._breaks = breaks
        self._history = History()

    def deliver(self, todo: Mapping[str, Sequence[bytes]]) -> dict[str, Delivery]:
        return {name: self._deliver(texts) for name, texts in todo.items()}

    def _deliver(self, texts: Sequence[bytes]) -> Delivery:
        for number, text in enumerate(texts):
            if self._breaks():
                self.broken += 1
                return Delivery(number, Outcome.FAILED)
            self.posts += 1
            for message in self._history.new([json.loads(text)]):
                data: Any = message["data"]
                self.stories[data.get("id") or data["event_id"]].append(message)
        return Delivery(len(texts), Outcome.DELIVERED)


def life(event_id: int) -> list[Record]:
    """Return the records of an event that is created, changed and deleted."""
    records = [created(event_id, version={"N": str(number)}) for number in range(1, CHANGES + 1)]
    for number, record in enumerate(records):
        body = record["dynamodb"]
        body["SequenceNumber"] = f"{number * 1_000 + event_id:028d}"
        if number:
            record["eventName"] = "MODIFY"
            body["OldImage"] = records[number - 1]["dynamodb"]["NewImage"]
    last = records[-1]
    last["eventName"] = "REMOVE"
    del last["dynamodb"]["NewImage"]
    return records


def mixed(lives: Sequence[Sequence[Record]], chance: random.Random) -> list[Record]:
    """Return all records in a random order in which those of each life keep theirs."""
    turns = [rest for one in lives for rest in [iter(one)] * len(one)]
    chance.shuffle(turns)
    return [next(rest) for rest in turns]


def cut(records: list[Record], chance: random.Random) -> list[list[Record]]:
    batches = []
    while records:
        size = chance.randint(1, 8)
        batches.append(records[:size])
        records = records[size:]
    return batches


def deliver(batch: list[Record]) -> None:
    """Deliver a batch as Lambda does: again until it is done, from where it failed."""
    while batch:
        try:
            failed = broadcast(*batch)
        except StoreUnavailable:
            continue
        sequences = [record["dynamodb"]["SequenceNumber"] for record in batch]
        batch = batch[sequences.index(failed[0]) :] if failed else []


@pytest.fixture
def _listening(recording: RecordingTable) -> None:
    person(USER)
    now = clock.epoch()
    everything = (Subscription(Topic.EVENTS, None),)
    open_connection(Connection("one", USER, everything, now - LONG_AGO, now + LONG_AGO))


@pytest.fixture
def patch(_listening: None) -> Iterator[pytest.MonkeyPatch]:
    """Patch what the recording table has patched, and undo it before that does."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("seed", range(10))
def test_the_client_makes_the_same_of_it_as_of_a_clean_run(
    seed: int, patch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)  # noqa: S311  (the same in every run)
    lives = [life(event_id) for event_id in EVENTS]

    clean = Client(lambda: False)
    patch.setattr(publishing, "endpoint", lambda: clean)
    for one in lives:
        deliver(one)
    assert {event: len(story) for event, story in clean.stories.items()} == dict.fromkeys(
        EVENTS, CHANGES
    )

    hostile = Client(lambda: chance.random() < RARELY)
    patch.setattr(publishing, "endpoint", lambda: hostile)
    patch.setattr(fan_out, "hand_over", refuse)
    patch.setattr(log, "store", sometimes(log.store, chance))
    batches = cut(mixed(lives, chance), chance)
    for number, batch in enumerate(batches):
        deliver(batch)
        if chance.random() < OFTEN:
            deliver(batch)
        if chance.random() < OFTEN:
            deliver(chance.choice(batches[: number + 1]))
    assert hostile.broken
    assert hostile.posts > clean.posts
    assert hostile.stories == clean.stories


def refuse(*_: object) -> int:
    """Let the stream itself deliver again what nobody was reached by."""
    raise NotSent("the queue is down")


def sometimes(store: Callable[[Any], None], chance: random.Random) -> Callable[[Any], None]:
    def fail_or_store(found: Any) -> None:
        if chance.random() < RARELY:
            raise StoreUnavailable("down")
        store(found)

    return fail_or_store
