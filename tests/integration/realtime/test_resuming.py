"""The log of messages, and catching up from it."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.errors import Problem
from gatherhub.realtime import log, resuming
from gatherhub.realtime.announcements import Announcement
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import Connection
from gatherhub.realtime.messages import Message, MessageType
from gatherhub.realtime.publishing import Delivery, Outcome
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.reads import query
from tests.recording import RecordingTable

NOW = clock.epoch()
PICNIC, PARTY = 7, 8


def message_id(number: int, ago: int = 0) -> str:
    return f"{NOW - ago:010d}-{number:047d}"


def news(
    number: int, topic: Topic = Topic.EVENTS, event_id: int = PICNIC, ago: int = 0, size: int = 0
) -> Announcement:
    """Return what is told of a change some seconds ago; its number says its order."""
    message = Message(
        MessageType.EVENT_UPDATED,
        {"number": number, "padding": "x" * size},
        clock.from_epoch(NOW - ago),
        message_id(number, ago),
    )
    return Announcement(message, topic, event_id, str(number))


class Socket:
    """What the client of the one connection receives, and how that goes."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self.last: dict[str, Any] = {}
        self.broken = False

    def deliver(self, todo: Mapping[str, Sequence[bytes]]) -> dict[str, Delivery]:
        ((connection_id, texts),) = todo.items()
        assert connection_id == "one="
        if self.broken:
            return {connection_id: Delivery(0, Outcome.FAILED)}
        self.received += [json.loads(text)["data"]["number"] for text in texts]
        return {connection_id: Delivery(len(texts), Outcome.DELIVERED)}

    def post(self, connection_id: str, data: bytes) -> Outcome:
        assert connection_id == "one="
        self.last = json.loads(data)
        return Outcome.DELIVERED

    @property
    def recovered(self) -> bool:
        assert self.last["type"] == "resumed"
        said: dict[str, bool] = self.last["data"]
        return said["recovered"]


@pytest.fixture(autouse=True)
def _table(recording: RecordingTable) -> None:
    """Play on the table in memory."""


@pytest.fixture
def socket(monkeypatch: pytest.MonkeyPatch) -> Socket:
    one = Socket()
    monkeypatch.setattr(resuming, "deliver", one.deliver)
    monkeypatch.setattr(resuming, "post", one.post)
    return one


@pytest.fixture
def teller(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let another container tell from now on."""

    def become(name: str) -> None:
        monkeypatch.setattr(log, "_TELLER", name)

    return become


def resume(
    last_id: str, *subscriptions: Subscription, topics: Sequence[Topic] = (Topic.EVENTS,)
) -> None:
    chosen = subscriptions or tuple(Subscription(topic) for topic in topics)
    connection = Connection("one=", 41, chosen, NOW - 60, NOW + 600)
    resuming.resume(connection, last_id)


def test_all_since_the_last_message_comes_in_order(socket: Socket) -> None:
    for number in range(1, 6):
        log.store([news(number)])
    resume(message_id(2))
    assert socket.received == [3, 4, 5]
    assert socket.recovered


def test_nothing_missed_is_recovered_too(socket: Socket) -> None:
    log.store([news(1)])
    resume(message_id(1))
    assert socket.received == []
    assert socket.recovered


def test_a_batch_is_told_from_the_middle_on_whatever_its_shards(socket: Socket) -> None:
    log.store([news(number, event_id=number % 3 + 1) for number in range(1, 31)])
    resume(message_id(13))
    assert socket.received == list(range(14, 31))


def test_only_what_is_subscribed_comes(socket: Socket) -> None:
    log.store(
        [news(1), news(2, Topic.TASKS), news(3, Topic.VOTING, PARTY), news(4, Topic.TASKS, PARTY)]
    )
    resume(message_id(1), topics=[Topic.EVENTS, Topic.TASKS])
    assert socket.received == [2, 4]
    socket.received.clear()
    resume(message_id(1), Subscription(Topic.TASKS, PARTY), Subscription(Topic.VOTING, PICNIC))
    assert socket.received == [4]


def test_a_topic_and_an_event_of_it_come_once(socket: Socket) -> None:
    log.store([news(1), news(2)])
    resume(message_id(1), Subscription(Topic.EVENTS, PICNIC), Subscription(Topic.EVENTS))
    assert socket.received == [2]


def test_what_was_told_again_comes_once(socket: Socket) -> None:
    log.store([news(1)])
    log.store([news(2), news(3)])
    log.store([news(2), news(3)])
    resume(message_id(1))
    assert socket.received == [2, 3]


def test_what_was_told_late_is_not_missed_though_its_change_was_earlier(
    socket: Socket, teller: Callable[[str], None]
) -> None:
    teller("another")
    log.store([news(5, ago=10)])
    teller("the first")
    log.store([news(1, ago=40)])  # of a stream that lags behind: its id sorts before
    resume(message_id(5, ago=10))
    assert socket.received == [1]


def test_what_may_have_been_overtaken_comes_again(
    socket: Socket, teller: Callable[[str], None]
) -> None:
    """The client got 2 by one sender while 1 was on its way by another."""
    teller("slow")
    log.store([news(1)])
    teller("quick")
    log.store([news(2)])
    resume(message_id(2))
    assert socket.received == [1]


def test_what_another_had_finished_does_not_come_again(
    socket: Socket, teller: Callable[[str], None]
) -> None:
    teller("slow")
    log.store([news(1)])
    log.store([news(2, event_id=PARTY), news(3)])  # so it was done with 1
    teller("quick")
    log.store([news(4)])
    log.store([news(5)])
    teller("slow")
    log.store([news(6)])
    resume(message_id(5))
    assert socket.received == [2, 3, 6]


def test_what_another_told_long_before_does_not_come_again(
    socket: Socket, teller: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    teller("slow")
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: (NOW - 300) * 10**9)
        patch.setattr(log, "_positions", log._Positions())
        log.store([news(1, ago=300)])
    teller("quick")
    log.store([news(2)])
    resume(message_id(2))
    assert socket.received == []


def test_an_answer_is_a_mark_too(socket: Socket) -> None:
    log.store([news(1)])
    moment = next(iter(log._positions.take(1)))
    log.store([news(2)])
    resume(f"{NOW:010d}-r{moment:016d}{'a' * 16}")
    assert socket.received == [2]


@pytest.mark.parametrize(
    "last_id",
    [
        "",
        "x",
        message_id(1)[:-1],
        message_id(1) + "0",
        "٣" * 10 + "-" + "1" * 41,
        "1\n",
        f"{NOW + 9_999:010d}-{1:047d}",
    ],
)
def test_an_id_that_can_not_be_ours_is_refused(socket: Socket, last_id: str) -> None:
    with pytest.raises(Problem) as problem:
        resume(last_id)
    assert list(problem.value.details) == ["last_id"]


def test_what_is_older_than_a_day_is_not_recovered(
    socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.store([news(1, ago=log.KEPT + 60), news(2, ago=log.KEPT - 3_600), news(3)])
    resume(message_id(0, ago=log.KEPT + 100))
    assert socket.received == [2, 3]
    assert not socket.recovered


def test_too_much_is_not_sent(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resuming, "LIMIT", 3)
    log.store([news(number) for number in range(1, 6)])
    resume(message_id(1))
    assert socket.received == []
    assert not socket.recovered
    resume(message_id(2))
    assert socket.received == [3, 4, 5]
    assert socket.recovered


def test_what_is_not_sent_in_time_has_not_recovered(
    socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.store([news(number) for number in range(1, 250)])
    monkeypatch.setattr(resuming, "_PATIENCE", 0)
    resume(message_id(0))
    assert socket.received == list(range(1, 101))
    assert not socket.recovered


def test_a_socket_that_breaks_meanwhile_has_not_recovered(socket: Socket) -> None:
    log.store([news(1), news(2)])
    socket.broken = True
    resume(message_id(1))
    assert not socket.recovered


@pytest.mark.parametrize("place", [Subscription(Topic.EVENTS), Subscription(Topic.EVENTS, PARTY)])
def test_the_log_is_not_read_without_end(
    socket: Socket, monkeypatch: pytest.MonkeyPatch, place: Subscription
) -> None:
    taken = []

    def pages(*_: str) -> Iterator[list[Item]]:
        while True:
            taken.append(1)
            yield []

    monkeypatch.setattr(log, "SHARDS", 1)
    monkeypatch.setattr(log, "query_pages", pages)
    resume(message_id(1), place)
    assert len(taken) == 5
    assert not socket.recovered


def test_a_shard_is_read_once_for_all_subscriptions(
    socket: Socket, recording: RecordingTable
) -> None:
    log.store([news(number, event_id=number) for number in range(1, 41)])
    several = [Subscription(Topic.EVENTS, number) for number in range(2, 41)]
    start = len(recording.requests)
    resume(message_id(1), *several)
    assert socket.received == list(range(2, 41))
    assert [operation for operation, _ in recording.requests[start:]] == ["Query"] * log.SHARDS


def test_a_large_batch_takes_several_items_and_stays_in_order(socket: Socket) -> None:
    log.store([news(number, size=20_000) for number in range(1, 41)])
    items = [item for shard in range(log.SHARDS) for item in query(keys.log("events", shard))]
    assert len(items) == 3
    resume(message_id(1))
    assert socket.received == list(range(2, 41))


def test_the_log_forgets_after_a_day() -> None:
    log.store([news(1)])
    (item,) = [item for shard in range(log.SHARDS) for item in query(keys.log("events", shard))]
    assert NOW + log.KEPT <= item[keys.EXPIRES] <= clock.epoch() + log.KEPT


def test_positions_grow_even_when_the_clock_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = log._Positions()
    monkeypatch.setattr(time, "time_ns", lambda: 5_000)
    first, second = positions.take(3), positions.take(2)
    monkeypatch.setattr(time, "time_ns", lambda: 1_000)
    assert [*first, *second, *positions.take(1)] == [5, 6, 7, 8, 9, 10]
