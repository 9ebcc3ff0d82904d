"""The broadcaster: stream records in, messages on sockets out."""

from types import SimpleNamespace
from typing import Any

import pytest

from gatherhub import aws, clock, settings
from gatherhub.accounts import tokens
from gatherhub.realtime import broadcasting, connections, delivering, fan_out, log, slices
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import Connection, open_connection
from gatherhub.realtime.delivering import NobodyReached
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get
from tests.http import call, handler
from tests.integration.realtime.conftest import Clients, Clock, Queues
from tests.people import embedded, person
from tests.sockets import broadcast, connect, created, disconnect, recorded

USER = 41
LONG_AGO = 300  # seconds


def listen(
    *names: str,
    opened: int = -LONG_AGO,
    until: int = 3_600,
    topic: Topic = Topic.EVENTS,
    event_id: int | None = None,
) -> None:
    """Store open connections; times are relative to now."""
    now = clock.epoch()
    for name in names:
        open_connection(
            Connection(name, USER, (Subscription(topic, event_id),), now + opened, now + until)
        )


def sequence(record: dict[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def test_listeners_are_told_of_a_created_event_as_in_a_list(clients: Clients) -> None:
    connect(person(USER), connection_id="one=")
    assert broadcast(*recorded("stream_event_created")["Records"]) == []
    assert clients.received["one="] == [
        {
            "type": "event_created",
            "data": {
                "id": 373774320291,
                "title": "Picnic",
                "description": "Bring cake 🍰",
                "date": "2026-11-22T12:00:01Z",
                "location": "Park",
                "max_participants": None,
                "current_participants": 1,
                "status": "upcoming",
                "creator": embedded(USER),
                "created_at": "2026-11-22T12:00:00Z",
                "updated_at": "2026-11-22T12:00:00Z",
            },
            "timestamp": "2026-11-22T12:00:00Z",
            "id": "1795348800-00000000000044215845000000000174504390910293942",
        }
    ]


def test_the_message_is_what_the_api_answered(clients: Clients) -> None:
    token = person(USER)
    listen("one")
    body = {"title": "Picnic", "date": "2030-01-01T00:00:00Z"}
    answer = call("events.create_event", "POST", "/api/v1/events/", body=body, token=token).json
    row = aws.client("dynamodb").get_item(
        TableName=settings.table_name(),
        Key={name: {"S": value} for name, value in keys.event(answer["id"])._asdict().items()},
    )["Item"]
    assert broadcast(created(answer["id"], **row)) == []
    assert clients.received["one"][0]["data"] == answer


def test_only_those_who_listen_to_it_hear_it(clients: Clients) -> None:
    listen("events")
    listen("tasks", topic=Topic.TASKS)
    listen("this event", event_id=5)
    listen("another event", event_id=6)
    broadcast(created(5))
    assert sorted(clients.received) == ["events", "this event"]


def test_many_listeners_in_all_shards_hear_it_once_each(clients: Clients) -> None:
    names = [f"client{number}" for number in range(50)]
    listen(*names)
    assert broadcast(created(5)) == []
    assert sorted(clients.received) == sorted(names)
    assert all(clients.ids(name) == [5] for name in names)


def test_what_a_retry_or_a_duplicate_repeats_has_the_same_id(clients: Clients) -> None:
    listen("one")
    broadcast(created(5), created(5))
    broadcast(created(5))
    first, *repeats = clients.received["one"]
    assert repeats == [first, first]


def test_one_client_that_is_gone_is_forgotten_and_holds_nobody_up(clients: Clients) -> None:
    listen("one", "gone", "two")
    clients.statuses["gone"] = 410
    assert broadcast(created(5), created(6)) == []
    assert clients.ids("one") == clients.ids("two") == [5, 6]
    assert clients.attempts["gone"] == 1
    assert get(keys.connection("gone")) is None
    broadcast(created(7))
    assert clients.attempts["gone"] == 1


def test_a_connection_that_is_being_opened_stays(clients: Clients) -> None:
    listen("new", opened=0)
    clients.statuses["new"] = 410  # as API Gateway answers until the handshake is over
    assert broadcast(created(5)) == []
    clients.statuses.clear()
    broadcast(created(6))
    assert clients.ids("new") == [6]


def test_failing_to_forget_a_client_is_no_failure_to_tell(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("down")

    listen("one", "gone")
    clients.statuses["gone"] = 410
    monkeypatch.setattr(delivering, "close_connection", fail)
    assert broadcast(created(5)) == []
    assert clients.ids("one") == [5]


def test_whose_token_or_time_has_run_out_hears_nothing(clients: Clients) -> None:
    listen("token expired", until=0)
    listen("never authenticated", until=-clock.epoch())
    listen("older than a connection can be", opened=-7_800)
    listen("one")
    broadcast(created(5))
    assert list(clients.received) == ["one"]


def test_an_unreachable_client_is_cut_off_and_holds_nobody_up(
    clients: Clients, queues: Queues
) -> None:
    listen("one", "down", "two")
    clients.statuses["down"] = 400
    assert broadcast(created(5), created(6)) == []
    assert clients.ids("one") == clients.ids("two") == [5, 6]
    assert clients.attempts["down"] == 1  # what follows must not overtake what it missed
    assert clients.closed == ["down"]
    assert get(keys.connection("down")) is None
    (failure,) = queues.failures
    assert failure["connection_id"] == "down"
    assert failure["missed"] == [message["id"] for message in clients.received["one"]]
    broadcast(created(7))
    assert clients.attempts["down"] == 1


def test_when_nobody_can_be_reached_the_senders_go_on_trying(
    clients: Clients, queues: Queues
) -> None:
    listen("one", "two")
    clients.statuses |= {"one": 400, "two": 400}
    assert broadcast(created(5)) == []
    assert (clients.closed, queues.failures) == ([], [])
    first = list(queues.slices)
    clients.statuses.clear()
    assert broadcast(created(6)) == []  # not directly, or it would overtake the first
    assert clients.received == {}
    for message in [*first, *queues.slices[len(first) :]]:
        send(message)
    assert clients.ids("one") == clients.ids("two") == [5, 6]


def test_when_the_queue_fails_too_the_stream_must_deliver_again(
    clients: Clients, queues: Queues
) -> None:
    listen("one")
    clients.statuses["one"] = 400
    queues.down = True
    assert broadcast(created(5), created(6)) == [sequence(created(5))]
    queues.down = False
    clients.statuses.clear()
    assert broadcast(created(5), created(6)) == []
    for message in queues.slices:
        send(message)
    assert clients.ids("one") == [5, 6]


def send(message: dict[str, Any], attempt: int = 1) -> None:
    """Deliver a slice to a sender."""
    attributes = {"ApproximateReceiveCount": str(attempt), "MessageGroupId": "1"}
    record = {
        "messageId": "1",
        "body": message["MessageBody"],
        "eventSource": "aws:sqs",
        "attributes": attributes,
    }
    handler("ws.deliver_slice")({"Records": [record]}, SimpleNamespace())


def test_a_crowd_is_told_by_the_lanes(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "DIRECTLY", 9)
    names = [f"client{number}" for number in range(40)]
    listen(*names)
    assert broadcast(created(5), created(6)) == []
    assert clients.received == {}
    lanes = {message["MessageGroupId"] for message in queues.slices}
    assert len(lanes) > 10
    identifiers = {message["MessageDeduplicationId"] for message in queues.slices}
    assert len(identifiers) == len(queues.slices)
    for message in queues.slices:
        send(message)
    assert all(clients.ids(name) == [5, 6] for name in names)
    assert sorted(clients.received) == sorted(names)


def test_a_crowd_that_shrinks_still_takes_the_lanes_for_a_while(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen("one", "two")
    monkeypatch.setattr(fan_out, "DIRECTLY", 1)
    broadcast(created(5))
    disconnect("two")
    broadcast(created(6))
    assert clients.received == {}
    with monkeypatch.context() as patch:
        later = clock.epoch() + 1_801
        patch.setattr(clock, "epoch", lambda: later)
        broadcast(created(7))
    assert clients.ids("one") == [7]


def test_a_sender_leaves_what_nobody_got_to_the_queue(clients: Clients, queues: Queues) -> None:
    listen("one")
    clients.statuses["one"] = 400
    broadcast(created(5))
    (message,) = queues.slices
    with pytest.raises(NobodyReached):
        send(message)
    assert clients.closed == []


def test_after_the_last_attempt_all_are_cut_off_and_the_lane_goes_on(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"client{number}" for number in range(6)]
    monkeypatch.setattr(slices, "LANES", 1)
    monkeypatch.setattr(fan_out, "LANES", 1)
    listen(*names)
    clients.statuses |= dict.fromkeys(names, 400)
    broadcast(created(5))
    (message,) = queues.slices
    with pytest.raises(NobodyReached):
        send(message, attempt=4)
    send(message, attempt=5)
    assert sorted(clients.closed) == names
    assert sorted(failure["connection_id"] for failure in queues.failures) == names


def test_a_sender_that_was_stopped_again_and_again_gives_up(
    clients: Clients, queues: Queues
) -> None:
    listen("one")
    clients.statuses["one"] = 400
    broadcast(created(5))
    clients.statuses.clear()
    send(queues.slices[0], attempt=6)
    assert clients.closed == ["one"]
    assert clients.received == {}
    assert get(keys.connection("one")) is None


def test_no_text_keeps_a_crowd_from_being_told(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "DIRECTLY", 0)
    listen("one")
    title = "\uffff \ufffe \x00 \x1f \x7f 🍰"
    assert broadcast(created(5), created(6, title={"S": title})) == []
    for message in queues.slices:
        send(message)
    assert [message["data"]["title"] for message in clients.received["one"]] == ["Picnic", title]


def test_who_was_cut_off_gets_nothing_that_comes_after_what_it_missed(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "DIRECTLY", 0)
    monkeypatch.setattr(slices, "LANES", 1)
    monkeypatch.setattr(fan_out, "LANES", 1)
    listen("one", "two")
    for number in (4, 5, 6):
        broadcast(created(number))
    first, second, third = queues.slices
    send(first)
    clients.statuses["one"] = clients.refusals["one"] = 400  # nor can it be hung up on
    send(second)
    clients.statuses.clear()
    send(third)
    assert clients.ids("one") == [4]
    assert clients.ids("two") == [4, 5, 6]


def test_whose_token_has_run_out_meanwhile_hears_no_slice(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch, wall: Clock
) -> None:
    monkeypatch.setattr(fan_out, "DIRECTLY", 0)
    listen("one", until=20)
    listen("two", until=600)
    broadcast(created(5))
    wall.advance(260)
    for message in queues.slices:
        send(message)
    assert list(clients.received) == ["two"]


def test_a_record_on_which_this_code_breaks_is_kept_apart(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(broadcasting, "announcements", fail)
    with pytest.raises(RuntimeError):  # so that Lambda cuts the batch in two
        broadcast(created(5), created(6))
    assert queues.failures == []
    assert broadcast(created(5)) == []
    assert len(queues.failures) == 1


def test_when_the_rows_of_a_connection_stay_it_is_not_cut_off(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("down")

    listen("one", "down")
    clients.statuses["down"] = 400
    monkeypatch.setattr(delivering, "close_connection", fail)
    with pytest.raises(StoreUnavailable):
        broadcast(created(5))


def test_few_connections_hold_up_their_lane_for_two_attempts_only(
    clients: Clients, queues: Queues
) -> None:
    listen("one")
    clients.statuses["one"] = 400
    broadcast(created(5))
    send(queues.slices[0], attempt=2)
    assert clients.closed == ["one"]


def test_an_endpoint_that_can_not_be_reached_leaves_it_to_the_senders(
    clients: Clients, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTIONS_URL", "http://127.0.0.1:1/live")
    listen("one")
    assert broadcast(created(5)) == []
    assert len(queues.slices) == 1


def test_what_can_never_be_told_is_kept_and_holds_nothing_up(
    clients: Clients, queues: Queues
) -> None:
    listen("one")
    broken = created(5, date={"S": "at my place"})
    unreadable = created(6, title={"NS": ["1"]})
    incomplete = created(7)
    del incomplete["dynamodb"]["NewImage"]["title"]
    assert broadcast(broken, created(5), unreadable, incomplete, created(8)) == []
    assert clients.ids("one") == [5, 8]
    assert len(queues.failures) == 3
    assert "at my place" not in str(queues.failures)  # nothing that users have written
    assert sequence(broken) in str(queues.failures)


def test_a_store_that_fails_makes_the_stream_deliver_again(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("down")

    listen("one")
    monkeypatch.setattr(log, "write", fail)
    with pytest.raises(StoreUnavailable):
        broadcast(created(5))
    assert clients.received == {}  # what is not in the log is told to nobody


def test_audiences_are_read_once_for_a_batch(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def counted(audience: str) -> list[connections.Listener]:
        reads.append(audience)
        return connections.listeners(audience)

    listen("one")
    monkeypatch.setattr(broadcasting, "listeners", counted)
    broadcast(created(5), created(6), created(7))
    assert len(reads) == settings.audience_shards() + 3
    assert clients.ids("one") == [5, 6, 7]


def test_an_empty_batch_is_no_failure() -> None:
    assert broadcast() == []


def test_tokens_never_reach_the_table(clients: Clients) -> None:
    token = tokens.issue_access(USER)
    connect(token, connection_id="one")
    assert token not in str(get(keys.connection("one")))
