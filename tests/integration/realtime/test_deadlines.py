"""The queue of deadlines: who is told what and closed when, and when is looked next."""

from collections.abc import Callable

import pytest

from gatherhub import aws, clock, settings
from gatherhub.accounts import tokens
from gatherhub.realtime import deadlines
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import (
    LIFETIME,
    Connection,
    find_connection,
    listeners,
    open_connection,
)
from gatherhub.realtime.deadlines import Look
from gatherhub.table.errors import StoreUnavailable
from tests.integration.realtime.conftest import Clients, Clock, Queue
from tests.sockets import CONNECTION, connect, disconnect, enforce, say, token, told_nothing

USER = 41
LONG = 100_000  # seconds: longer than any connection lives


def types(clients: Clients) -> list[str]:
    return [message["type"] for message in clients.received[CONNECTION]]


def places() -> list[str]:
    names = (Subscription(topic).audience(CONNECTION) for topic in Topic)
    return [place.audience for name in names for place in listeners(name)]


def deliver(queue: Queue, wall: Clock) -> None:
    """Let the time of the latest message come, and deliver it."""
    look, delay = queue.last()
    wall.advance(delay)
    assert enforce(look.model_dump_json()) == []


def test_without_a_token_a_connection_is_told_and_closed_after_thirty_seconds(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect()
    assert queue.last()[1] == 30
    deliver(queue, wall)
    (word,) = clients.received[CONNECTION]
    assert (word["type"], word["data"]["error"]) == ("error", "not_authenticated")
    assert clients.closed == [CONNECTION]
    assert find_connection(CONNECTION) is None
    assert len(queue.sent) == 1


def test_a_message_that_comes_early_is_sent_again(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect()
    wall.advance(29)
    assert enforce(queue.last()[0].model_dump_json()) == []
    assert clients.attempts == {}
    assert queue.last()[1] == 1


def test_whoever_authenticates_in_time_stays(queue: Queue, clients: Clients, wall: Clock) -> None:
    connect()
    say("authenticate", token=tokens.issue_access(USER))
    deliver(queue, wall)
    assert clients.attempts == {}
    assert clients.closed == []
    assert queue.last()[1] == 900


@pytest.mark.parametrize("seconds", [6, 60, 900, 901, 3_000])
def test_a_token_over_is_told_at_its_very_second(
    queue: Queue, clients: Clients, wall: Clock, seconds: int
) -> None:
    opened = wall.now
    connect(token(USER, seconds), topics="all")
    while not clients.closed:
        assert wall.now < opened + seconds
        deliver(queue, wall)
    assert wall.now == opened + seconds
    assert types(clients) == ["token_expired"]
    assert find_connection(CONNECTION) is None
    assert places() == []


def test_a_token_that_ends_before_the_first_look_is_told_in_time_too(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect()
    wall.advance(5)
    say("authenticate", token=token(USER, seconds=6))
    look, delay = queue.last()
    assert (look.extra, delay) == (True, 6)
    deliver(queue, wall)
    assert types(clients) == ["token_expired"]
    assert clients.closed == [CONNECTION]


def test_an_extra_look_at_a_renewed_connection_has_no_successor(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect()
    say("authenticate", token=token(USER, seconds=6))
    say("authenticate", token=token(USER, seconds=60))
    assert len(queue.sent) == 2
    deliver(queue, wall)
    assert len(queue.sent) == 2
    assert clients.closed == []


def test_a_renewed_token_is_looked_at_when_it_ends(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(token(USER, seconds=60))
    wall.advance(59)
    say("authenticate", token=token(USER, seconds=100))
    assert len(queue.sent) == 1
    wall.now -= 59
    deliver(queue, wall)
    assert clients.closed == []
    assert queue.last()[1] == 99
    deliver(queue, wall)
    assert types(clients) == ["token_expired"]


def test_a_connection_is_asked_to_reconnect_once_and_closed_without_a_word(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    opened = wall.now
    connect(token(USER, LONG))
    moments = []
    while not clients.closed:
        deliver(queue, wall)
        moments.append(wall.now - opened)
    assert moments == [900, 1_800, 2_700, 3_600, 4_500, 5_400, 6_300, 7_080, 7_200]
    (word,) = clients.received[CONNECTION]
    assert word["type"] == "reconnect"
    assert word["data"] == {"closes_at": clock.to_text(clock.from_epoch(opened + LIFETIME))}
    assert find_connection(CONNECTION) is None


def test_renewals_near_the_end_do_not_ask_again(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    opened = wall.now
    connect(token(USER, LIFETIME - 60))
    while wall.now < opened + LIFETIME - deadlines.NOTICE:
        deliver(queue, wall)
    wall.advance(10)
    say("authenticate", token=token(USER, LONG))
    wall.advance(-10)
    deliver(queue, wall)
    assert wall.now == opened + LIFETIME - 60
    assert types(clients) == ["reconnect"]
    deliver(queue, wall)
    assert types(clients) == ["reconnect"]
    assert clients.closed == [CONNECTION]


def test_a_token_that_ends_with_the_connection_is_told(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(token(USER, LIFETIME))
    while not clients.closed:
        deliver(queue, wall)
    assert types(clients) == ["reconnect", "token_expired"]


def test_what_is_delivered_late_or_twice_does_no_harm(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(token(USER, seconds=60))
    body = queue.last()[0].model_dump_json()
    wall.advance(500)
    assert enforce(body, body) == []
    assert enforce(body) == []
    assert types(clients) == ["token_expired"]
    assert clients.closed == [CONNECTION]


def test_nothing_is_done_for_a_connection_that_was_closed(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(tokens.issue_access(USER))
    disconnect()
    deliver(queue, wall)
    assert len(queue.sent) == 1
    assert clients.attempts == {}
    assert clients.closed == []


def test_a_client_that_is_gone_is_forgotten(queue: Queue, clients: Clients, wall: Clock) -> None:
    connect(token(USER, seconds=60))
    clients.statuses[CONNECTION] = 410
    deliver(queue, wall)
    assert find_connection(CONNECTION) is None
    assert places() == []


def test_a_word_that_does_not_arrive_keeps_nobody(
    queue: Queue, clients: Clients, wall: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(token(USER, seconds=60))
    monkeypatch.setattr(clients, "post", lambda *_: 400)
    deliver(queue, wall)
    assert clients.closed == [CONNECTION]
    assert find_connection(CONNECTION) is None


def test_closing_that_fails_half_way_is_done_again(
    queue: Queue, clients: Clients, wall: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: str) -> None:
        raise StoreUnavailable("down")

    connect(token(USER, seconds=60))
    wall.advance(60)
    body = queue.last()[0].model_dump_json()
    other = Look(connection_id="another=", since=0).model_dump_json()
    clients.refusals[CONNECTION] = 403
    assert enforce(body, other) == ["message-0"]
    assert find_connection(CONNECTION) is not None
    clients.refusals.clear()
    for step in ("publishing.hang_up", "close_connection"):
        with monkeypatch.context() as patch:
            patch.setattr(f"gatherhub.realtime.enforcement.{step}", fail)
            assert enforce(body, other) == ["message-0"]
        assert find_connection(CONNECTION) is not None
    assert enforce(body) == []
    assert clients.closed == [CONNECTION]
    assert find_connection(CONNECTION) is None


def test_who_could_not_be_hung_up_on_is_at_the_next_message(
    queue: Queue, clients: Clients, wall: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(token(USER, seconds=60))
    with monkeypatch.context() as patch:
        patch.setattr("gatherhub.realtime.publishing.hang_up", lambda _: None)
        deliver(queue, wall)
    assert clients.closed == []
    told_nothing("subscribe", topics=["events"])
    assert clients.closed == [CONNECTION]


def test_a_successor_that_can_not_be_sent_is_a_failure(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(tokens.issue_access(USER))
    look, delay = queue.last()
    wall.advance(delay)
    queue.broken = True
    assert enforce(look.model_dump_json()) == ["message-0"]


@pytest.mark.parametrize("shown", [lambda: None, lambda: tokens.issue_access(USER)])
def test_a_queue_that_fails_refuses_nobody(queue: Queue, shown: Callable[[], str | None]) -> None:
    queue.broken = True
    assert connect(shown())["statusCode"] == 200
    assert find_connection(CONNECTION) is not None
    assert say("authenticate", token=token(USER, seconds=6))["type"] == "authenticated"


def test_a_refused_handshake_is_not_watched(queue: Queue) -> None:
    connect("nonsense")
    connect(topics="gossip")
    assert queue.sent == []


def test_an_empty_batch_is_no_failure() -> None:
    assert enforce() == []


def test_the_message_goes_through_the_queue(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = aws.client("sqs").create_queue(QueueName="deadlines")["QueueUrl"]
    monkeypatch.setenv("DEADLINES_QUEUE_URL", url)
    end = clock.epoch() + 2
    connection = Connection(CONNECTION, USER, (Subscription(Topic.EVENTS),), end - 60, end)
    open_connection(connection)
    deadlines.watch(connection, clock.epoch())
    request = {"QueueUrl": settings.deadlines_queue_url(), "WaitTimeSeconds": 5}
    (message,) = aws.client("sqs").receive_message(**request)["Messages"]
    assert clock.epoch() >= end
    assert enforce(message["Body"]) == []
    assert types(clients) == ["token_expired"]
