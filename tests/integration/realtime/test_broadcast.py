"""The broadcaster: stream records in, messages on sockets out."""

from typing import Any

import pytest

from gatherhub import aws, clock, settings
from gatherhub.accounts import people, tokens
from gatherhub.realtime import announcements, broadcasting, connections
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import Connection, open_connection
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get
from gatherhub.table.stream import MalformedRecord, read
from tests.http import call
from tests.integration.realtime.conftest import Clients
from tests.people import embedded, person
from tests.sockets import broadcast, connect, created, recorded

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
            "id": "1795348800-0000000000004421584500000000017450439091",
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


@pytest.mark.parametrize(
    "change",
    [
        {"eventName": "MODIFY"},
        {"eventName": "REMOVE"},
        {"kind": {"S": "participant"}},
        {"kind": {"S": "counter"}},
        {"kind": None},
    ],
)
def test_bookkeeping_is_not_told(clients: Clients, change: dict[str, Any]) -> None:
    listen("one")
    record = created(5)
    record["eventName"] = change.pop("eventName", "INSERT")
    record["dynamodb"]["NewImage"] |= change
    if record["dynamodb"]["NewImage"]["kind"] is None:
        del record["dynamodb"]["NewImage"]["kind"]
    if record["eventName"] == "REMOVE":
        record["dynamodb"]["OldImage"] = record["dynamodb"].pop("NewImage")
    assert broadcast(record) == []
    assert clients.received == {}


def test_one_client_that_is_gone_is_forgotten_and_holds_nobody_up(clients: Clients) -> None:
    listen("one", "gone", "two")
    clients.statuses["gone"] = 410
    assert broadcast(created(5), created(6)) == []
    assert clients.ids("one") == clients.ids("two") == [5, 6]
    assert clients.attempts["gone"] == 1
    assert get(keys.connection("gone")) is None
    broadcast(created(7))
    assert clients.attempts["gone"] == 1


def test_a_listener_whose_connection_row_is_gone_is_forgotten_too(clients: Clients) -> None:
    listen("orphan")
    aws.client("dynamodb").delete_item(
        TableName=settings.table_name(),
        Key={name: {"S": value} for name, value in keys.connection("orphan")._asdict().items()},
    )
    clients.statuses["orphan"] = 410
    broadcast(created(5))
    broadcast(created(6))
    assert clients.attempts["orphan"] == 1


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
    monkeypatch.setattr(broadcasting, "close_connection", fail)
    assert broadcast(created(5)) == []
    assert clients.ids("one") == [5]


def test_whose_token_or_time_has_run_out_hears_nothing(clients: Clients) -> None:
    listen("token expired", until=0)
    listen("never authenticated", until=-clock.epoch())
    listen("older than a connection can be", opened=-7_800)
    listen("one")
    broadcast(created(5))
    assert list(clients.received) == ["one"]


def test_an_unreachable_client_makes_the_record_wait_but_nobody_else(clients: Clients) -> None:
    listen("one", "down")
    clients.statuses["down"] = 400
    first, second = created(5), created(6)
    assert broadcast(first, second) == [sequence(first), sequence(second)]
    assert clients.ids("one") == [5, 6]
    assert clients.attempts["down"] == 1  # what follows must not overtake what it missed
    clients.statuses.clear()
    assert broadcast(first, second) == []
    assert clients.ids("down") == [5, 6]
    repeated = clients.received["one"]
    assert [message["id"] for message in repeated[2:]] == [m["id"] for m in repeated[:2]]


def test_an_endpoint_that_can_not_be_reached_is_a_failure(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTIONS_URL", "http://127.0.0.1:1/live")
    listen("one")
    assert broadcast(created(5)) == [sequence(created(5))]


def test_a_malformed_record_fails_only_itself(clients: Clients) -> None:
    listen("one")
    broken = created(5, date={"S": "tomorrow"})
    unreadable = created(6, title={"NS": ["1"]})
    incomplete = created(7)
    del incomplete["dynamodb"]["NewImage"]["title"]
    failed = broadcast(broken, created(5), unreadable, incomplete, created(8))
    assert failed == [sequence(broken), sequence(unreadable), sequence(incomplete)]
    assert clients.ids("one") == [5, 8]


def test_what_is_said_of_a_malformed_record_shows_nothing_of_its_content() -> None:
    with pytest.raises(MalformedRecord) as caught:
        announcements.announcement(read(created(5, date={"S": "at my place"})))
    assert "date" in str(caught.value)
    assert "at my place" not in str(caught.value)


def test_a_change_that_could_not_be_told_holds_back_its_object_only(
    clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([StoreUnavailable("down")])

    def fail_once(user_ids: list[int]) -> Any:
        for error in answers:
            raise error
        return people.embed(user_ids)

    listen("one")
    monkeypatch.setattr(announcements, "embed", fail_once)
    first, later = created(5), created(5)
    later["dynamodb"]["SequenceNumber"] = sequence(first) + "1"
    assert broadcast(first, later, created(6)) == [sequence(first), sequence(later)]
    assert clients.ids("one") == [6]
    assert broadcast(first, later, created(6)) == []
    assert clients.ids("one") == [6, 5, 5, 6]


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
