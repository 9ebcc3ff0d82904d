"""$default: authenticating, subscribing and unsubscribing, one at a time and all at once."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.realtime import connections, inbox
from gatherhub.realtime.audiences import Topic, hearing
from gatherhub.realtime.connections import find_connection, listeners
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get
from gatherhub.table.writes import Action, Put, transact
from tests.integration.realtime.conftest import Clients, Clock, Queue
from tests.memory_table import MemoryTable
from tests.sockets import (
    CONNECTION,
    broadcast,
    connect,
    created,
    disconnect,
    invoke,
    message,
    receive,
    say,
    token,
    told_nothing,
)

USER = 41
OTHER = 42
EVERYTHING = [{"topic": topic, "event": None} for topic in ("events", "tasks", "voting")]


def hears(event_id: int = 5) -> list[str]:
    """Return the topics on which the connection would hear of an event now."""
    now = clock.epoch()
    return [
        topic
        for topic in Topic
        for audience in hearing(topic, event_id)
        for listener in listeners(audience)
        if listener.connection_id == CONNECTION and listener.may_hear(now)
    ]


def until(text: str) -> int:
    return int(clock.from_text(text).timestamp())


# ---- authenticate --------------------------------------------------------------------------------


def test_authenticating_makes_a_connection_hear(queue: Queue) -> None:
    connect(topics="events,tasks")
    assert hears() == []
    before = clock.epoch()
    answer = say("authenticate", token=tokens.issue_access(USER))
    assert hears() == ["events", "tasks"]
    assert answer["type"] == "authenticated"
    assert set(answer["data"]) == {"user_id", "expires_at", "closes_at"}
    assert answer["data"]["user_id"] == USER
    assert before + 3_600 <= until(answer["data"]["expires_at"]) <= clock.epoch() + 3_600
    assert until(answer["data"]["closes_at"]) <= clock.epoch() + 7_200
    row = get(keys.connection(CONNECTION))
    assert row is not None
    assert row["user_id"] == USER


def test_the_id_of_authenticated_is_of_a_moment_after_the_rows_were_stored(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[float] = []

    def noted(actions: Sequence[Action]) -> None:
        transact(actions)
        stored.append(time.time())

    connect()
    monkeypatch.setattr(connections, "transact", noted)
    answer = say("authenticate", token=tokens.issue_access(USER))
    assert answer["id"][10:12] == "-r"
    assert int(answer["id"][12:28]) >= int(stored[0] * 1_000_000)


def test_a_renewal_moves_the_end_of_the_connection_and_of_its_places(queue: Queue) -> None:
    connect(token(USER, seconds=60), topics="all")
    answer = say("authenticate", token=token(USER, seconds=600))
    end = until(answer["data"]["expires_at"])
    connection = find_connection(CONNECTION)
    assert connection is not None
    assert connection.authenticated_until == end > clock.epoch() + 500
    places = [listener for name in connection.audiences for listener in listeners(name)]
    assert [place.authenticated_until for place in places] == [end] * 3


def test_a_token_that_ends_earlier_changes_nothing(queue: Queue) -> None:
    connect(token(USER, seconds=600))
    before = get(keys.connection(CONNECTION))
    answer = say("authenticate", token=token(USER, seconds=60))
    assert answer["type"] == "authenticated"
    assert until(answer["data"]["expires_at"]) > clock.epoch() + 500
    assert get(keys.connection(CONNECTION)) == before


def test_a_connection_stays_its_users(queue: Queue) -> None:
    connect(tokens.issue_access(USER))
    before = get(keys.connection(CONNECTION))
    answer = say("authenticate", token=tokens.issue_access(OTHER))
    assert (answer["type"], answer["data"]["error"]) == ("error", "permission_denied")
    assert get(keys.connection(CONNECTION)) == before


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (lambda: "", "token_invalid"),
        (lambda: "nonsense", "token_invalid"),
        (lambda: "\0", "token_invalid"),
        (lambda: "é.é.é", "token_invalid"),
        (lambda: "x" * 8_000, "token_invalid"),
        (lambda: "W1tb" * 2_000 + ".e30.AAAA", "token_invalid"),  # a header of deep JSON
        (lambda: tokens.issue_refresh(USER, "family", "id"), "token_invalid"),
        (lambda: token(USER, seconds=-1), "token_expired"),
    ],
)
@pytest.mark.parametrize("authenticated", [True, False])
def test_a_bad_token_changes_nothing_and_a_good_one_may_follow(
    queue: Queue, bad: Callable[[], str], code: str, authenticated: bool
) -> None:
    connect(tokens.issue_access(USER) if authenticated else None)
    before = get(keys.connection(CONNECTION))
    answer = say("authenticate", token=bad())
    assert (answer["type"], answer["data"]["error"]) == ("error", code)
    assert get(keys.connection(CONNECTION)) == before
    assert say("authenticate", token=tokens.issue_access(USER))["type"] == "authenticated"


def test_after_its_token_a_connection_is_told_and_closed(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect(token(USER, seconds=60))
    audiences = connections.find_connection(CONNECTION)
    wall.advance(60)
    told_nothing("authenticate", token=tokens.issue_access(USER))
    assert [one["type"] for one in clients.received[CONNECTION]] == ["token_expired"]
    assert clients.closed == [CONNECTION]
    assert find_connection(CONNECTION) is None
    assert audiences is not None
    assert [listeners(name) for name in audiences.audiences] == [[]]


def test_an_end_that_could_not_be_told_in_time_is_told_at_the_next_message(
    queue: Queue, clients: Clients, wall: Clock
) -> None:
    connect()
    wall.advance(30)
    told_nothing("subscribe", topics=["events"])
    (word,) = clients.received[CONNECTION]
    assert (word["type"], word["data"]["error"]) == ("error", "not_authenticated")
    assert clients.closed == [CONNECTION]


def test_who_is_there_though_forgotten_is_hung_up_on(queue: Queue, clients: Clients) -> None:
    told_nothing("subscribe", topics=["events"])
    assert clients.closed == [CONNECTION]


# ---- subscribe and unsubscribe -------------------------------------------------------------------


@pytest.mark.parametrize("authenticated", [False, True])
def test_ping_is_answered_by_pong(queue: Queue, authenticated: bool) -> None:
    connect(tokens.issue_access(USER) if authenticated else None)
    answer = receive('{"type": "ping", "data": {}, "surplus": [1]}')
    assert (answer["type"], answer["data"]) == ("pong", {})
    assert set(answer) == {"type", "data", "timestamp", "id"}
    assert receive('{"type": "ping"}')["id"] != answer["id"]


def test_a_ping_finds_out_that_the_connection_is_forgotten(queue: Queue, clients: Clients) -> None:
    connect(tokens.issue_access(USER))
    disconnect()
    told_nothing("ping")
    assert clients.closed == [CONNECTION]


def test_what_was_missed_is_resumed_and_nothing_else(queue: Queue, clients: Clients) -> None:
    connect(tokens.issue_access(USER))
    broadcast(created(5), created(6))
    first, second = clients.received[CONNECTION]
    clients.received.clear()
    told_nothing("resume", last_id=first["id"])
    missed, last = clients.received[CONNECTION]
    assert missed == second
    assert (last["type"], last["data"]) == ("resumed", {"recovered": True})


def test_an_id_that_never_was_is_an_error(queue: Queue) -> None:
    connect(tokens.issue_access(USER))
    answer = say("resume", last_id="1")
    assert answer["data"]["error"] == "validation_error"
    assert list(answer["data"]["details"]) == ["last_id"]


def test_subscriptions_come_and_go(queue: Queue) -> None:
    connect(tokens.issue_access(USER), topics="events")
    answer = say("subscribe", topics=["tasks", "voting"])
    assert answer["type"] == "subscribed"
    assert answer["data"] == {"subscriptions": EVERYTHING}
    assert hears() == ["events", "tasks", "voting"]
    answer = say("unsubscribe", topics=["events", "voting"])
    assert answer["type"] == "unsubscribed"
    assert answer["data"] == {"subscriptions": [{"topic": "tasks", "event": None}]}
    assert hears() == ["tasks"]
    assert say("unsubscribe", topics=["all"])["data"] == {"subscriptions": []}
    assert hears() == []
    assert say("subscribe", topics="all")["data"] == {"subscriptions": EVERYTHING}
    assert hears() == ["events", "tasks", "voting"]


def test_a_topic_can_be_narrowed_to_events(queue: Queue) -> None:
    connect(tokens.issue_access(USER), topics="tasks")
    say("unsubscribe", topics=["tasks"])
    say("subscribe", topics=["tasks"], event=5)
    say("subscribe", topics=["tasks"], event=6)
    assert (hears(5), hears(6), hears(7)) == (["tasks"], ["tasks"], [])
    answer = say("unsubscribe", topics=["tasks"], event=5)
    assert answer["data"]["subscriptions"] == [{"topic": "tasks", "event": 6}]
    assert (hears(5), hears(6)) == ([], ["tasks"])


def test_without_an_event_a_topic_goes_altogether(queue: Queue) -> None:
    connect(tokens.issue_access(USER), topics="tasks")
    say("subscribe", topics=["tasks", "voting"], event=5)
    answer = say("unsubscribe", topics=["tasks"], event=None)
    assert answer["data"]["subscriptions"] == [{"topic": "voting", "event": 5}]
    assert hears(5) == ["voting"]


def test_with_an_event_only_what_was_narrowed_goes(queue: Queue) -> None:
    connect(tokens.issue_access(USER), topics="tasks")
    answer = say("unsubscribe", topics=["all"], event=5)
    assert answer["data"]["subscriptions"] == [{"topic": "tasks", "event": None}]


@pytest.mark.parametrize(
    ("said", "topics", "event"),
    [("subscribe", ["events"], None), ("unsubscribe", ["tasks"], None), ("unsubscribe", "all", 9)],
)
def test_what_changes_nothing_writes_nothing(
    queue: Queue, said: str, topics: list[str] | str, event: int | None
) -> None:
    connect(tokens.issue_access(USER), topics="events")
    before = get(keys.connection(CONNECTION))
    answer = say(said, topics=topics, event=event)
    assert answer["data"] == {"subscriptions": [{"topic": "events", "event": None}]}
    assert get(keys.connection(CONNECTION)) == before


def test_a_connection_has_fifty_subscriptions_at_most(queue: Queue) -> None:
    connect(tokens.issue_access(USER), topics="events")
    for event in range(1, 17):
        say("subscribe", topics=["all"], event=event)
    say("subscribe", topics=["tasks"])
    before = get(keys.connection(CONNECTION))
    assert before is not None
    assert len(before["subscriptions"]) == inbox.MOST_SUBSCRIPTIONS
    answer = say("subscribe", topics=["voting"])
    assert answer["data"]["error"] == "validation_error"
    assert list(answer["data"]["details"]) == ["topics"]
    assert get(keys.connection(CONNECTION)) == before
    assert say("subscribe", topics=["all"], event=3)["type"] == "subscribed"
    # All of them move and go in one transaction.
    assert say("authenticate", token=token(USER, seconds=7_000))["type"] == "authenticated"
    connection = find_connection(CONNECTION)
    assert connection is not None
    assert len({place for name in connection.audiences for place in listeners(name)}) == 50
    disconnect()
    assert [listeners(name) for name in connection.audiences] == [[]] * 50


@pytest.mark.parametrize("said", ["subscribe", "unsubscribe"])
def test_who_is_not_authenticated_can_change_nothing(queue: Queue, said: str) -> None:
    connect()
    before = get(keys.connection(CONNECTION))
    answer = say(said, topics=["all"])
    assert (answer["type"], answer["data"]["error"]) == ("error", "not_authenticated")
    assert get(keys.connection(CONNECTION)) == before
    assert say("ping")["type"] == "pong"


def test_a_change_of_the_number_of_shards_leaves_no_place_behind(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_SHARDS", "7")
    connect(tokens.issue_access(USER), topics="all")
    old = find_connection(CONNECTION)
    monkeypatch.setenv("AUDIENCE_SHARDS", "3")
    say("unsubscribe", topics=["tasks"])
    new = find_connection(CONNECTION)
    assert old is not None
    assert new is not None
    left = [name for name in {*old.audiences, *new.audiences} if listeners(name)]
    assert sorted(left) == sorted(new.audiences)
    disconnect()
    assert [listeners(name) for name in new.audiences] == [[], []]


# ---- at once -------------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Return how to have something done just before the next change is stored."""

    def arrange(*others: Callable[[], object]) -> None:
        waiting = list(others)

        def interrupted(actions: Sequence[Action]) -> None:
            if waiting:
                waiting.pop(0)()
            transact(actions)

        monkeypatch.setattr(connections, "transact", interrupted)

    return arrange


def test_of_two_changes_at_once_both_count(queue: Queue, meanwhile: Any) -> None:
    connect(tokens.issue_access(USER), topics="events")
    meanwhile(lambda: say("subscribe", topics=["tasks"]))
    answer = say("subscribe", topics=["voting"])
    assert answer["data"] == {"subscriptions": EVERYTHING}
    assert hears() == ["events", "tasks", "voting"]


def test_a_limit_holds_for_changes_at_once(
    queue: Queue, meanwhile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST_SUBSCRIPTIONS", 2)
    connect(tokens.issue_access(USER), topics="events")
    meanwhile(lambda: say("subscribe", topics=["tasks"]))
    assert say("subscribe", topics=["voting"])["data"]["error"] == "validation_error"
    assert hears() == ["events", "tasks"]


def test_of_two_users_at_once_one_gets_the_connection(queue: Queue, meanwhile: Any) -> None:
    connect()
    meanwhile(lambda: say("authenticate", token=tokens.issue_access(OTHER)))
    answer = say("authenticate", token=tokens.issue_access(USER))
    assert answer["data"]["error"] == "permission_denied"
    row = get(keys.connection(CONNECTION))
    assert row is not None
    assert row["user_id"] == OTHER


@pytest.mark.parametrize(
    ("said", "data"),
    [
        ("subscribe", {"topics": ["tasks"]}),
        ("unsubscribe", {"topics": ["events"]}),
        ("authenticate", {"token": ""}),
    ],
)
def test_nothing_brings_back_a_connection_that_was_closed_meanwhile(
    queue: Queue, clients: Clients, meanwhile: Any, said: str, data: dict[str, Any]
) -> None:
    connect(token(USER, seconds=60))
    if said == "authenticate":
        data = {"token": tokens.issue_access(USER)}
    meanwhile(disconnect)
    told_nothing(said, **data)
    assert find_connection(CONNECTION) is None
    assert hears() == []


def test_what_was_subscribed_while_the_connection_was_being_closed_goes_too(
    queue: Queue, meanwhile: Any
) -> None:
    connect(tokens.issue_access(USER), topics="events")
    meanwhile(lambda: say("subscribe", topics=["tasks"]))
    assert disconnect()["statusCode"] == 200
    assert find_connection(CONNECTION) is None
    assert hears() == []


def test_many_changes_at_once_all_count(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    events = range(1, 21)
    everyone = threading.Barrier(len(events))
    known = threading.local()

    def read_together(key: keys.Key) -> Any:
        row = get(key)
        if not hasattr(known, "row"):
            known.row = row
            everyone.wait()
        return row

    with MemoryTable().installed(), ThreadPoolExecutor(len(events)) as pool:
        connect(tokens.issue_access(USER), topics="events")
        monkeypatch.setattr(connections, "get", read_together)
        answers = pool.map(lambda event: say("subscribe", topics=["tasks"], event=event), events)
        assert [answer["type"] for answer in answers] == ["subscribed"] * len(events)
        monkeypatch.setattr(connections, "get", get)
        connection = find_connection(CONNECTION)
        assert connection is not None
        assert {one.event_id for one in connection.subscriptions} == {None, *events}
        assert hears(7) == ["events", "tasks"]


def test_a_connection_that_keeps_changing_is_an_error(
    queue: Queue, meanwhile: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_ATTEMPTS", 3)
    connect(tokens.issue_access(USER), topics="events")

    def change() -> None:
        present = find_connection(CONNECTION)
        assert present is not None
        transact([Put(keys.connection(CONNECTION), connections._row(connections._placed(present)))])

    meanwhile(*[change] * 3)
    assert say("subscribe", topics=["tasks"])["data"]["error"] == "service_unavailable"
    meanwhile(*[change] * 3)
    with pytest.raises(StoreUnavailable):
        connections.close_connection(CONNECTION)


def test_a_store_that_fails_is_an_error_and_the_connection_stays(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise StoreUnavailable("down")

    connect(tokens.issue_access(USER), topics="events")
    with monkeypatch.context() as patch:
        patch.setattr(connections, "transact", fail)
        answer = say("subscribe", topics=["tasks"])
    assert answer["data"]["error"] == "service_unavailable"
    assert hears() == ["events"]


def test_tokens_are_neither_stored_nor_sent_back(queue: Queue) -> None:
    connect()
    secret = tokens.issue_access(USER)
    body = json.dumps({"type": "authenticate", "data": {"token": secret}})
    assert secret not in str(invoke("receive", message(body)))
    assert secret not in str(get(keys.connection(CONNECTION)))
    assert secret not in str(queue.sent)
