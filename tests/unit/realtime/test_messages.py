import copy
import json
import re
import time

import pytest

from gatherhub import clock
from gatherhub.realtime.messages import MessageType, reply, telling
from gatherhub.table.keys import Key
from gatherhub.table.stream import Change, MalformedRecord, read
from tests.sockets import created, recorded


def change(at: int, sequence: str) -> Change:
    return Change("INSERT", Key("EVENT#1", "EVENT"), None, {"kind": "event"}, at, sequence)


def test_a_message_is_type_data_timestamp_and_id() -> None:
    message = telling(change(1_795_348_800, "123"), MessageType.EVENT_CREATED, {"title": "🍰"})
    assert message.text() == (
        '{"type":"event_created","data":{"title":"🍰"},"timestamp":"2026-11-22T12:00:00Z",'
        f'"id":"1795348800-{123:040d}0782090"}}'
    )


def test_ids_sort_by_time_and_then_as_the_stream_does() -> None:
    changes = [
        change(9, "99"),
        change(10, "3"),
        change(10, "21"),
        change(10, "1" + "0" * 39),
        change(1_795_348_800, "1"),
    ]
    ids = [telling(each, MessageType.EVENT_CREATED, {}).id for each in changes]
    assert ids == sorted(ids)
    assert len({len(each) for each in ids}) == 1


def test_messages_of_one_change_sort_in_their_order_and_before_those_of_the_next() -> None:
    first, second = change(9, "99"), change(9, "100")
    ids = [
        telling(first, MessageType.VOTE_CAST, {}).id,
        telling(first, MessageType.VOTE_RESULTS, {}, part=1).id,
        telling(second, MessageType.VOTE_CAST, {}).id,
    ]
    assert ids == sorted(set(ids))


def test_a_record_delivered_again_makes_the_same_message() -> None:
    first, again = (read(created(5)) for _ in range(2))
    assert telling(first, MessageType.EVENT_CREATED, {}) == telling(
        again, MessageType.EVENT_CREATED, {}
    )


def test_replies_have_ids_among_the_others() -> None:
    first, second = reply(MessageType.PONG), reply(MessageType.PONG)
    assert first.id != second.id
    assert first.id.startswith(f"{int(first.timestamp.timestamp()):010d}-")
    assert json.loads(first.text())["type"] == "pong"


def test_the_id_of_a_reply_tells_its_moment_to_the_microsecond() -> None:
    answer = reply(MessageType.PONG, moment=1_795_348_800.25)
    assert re.fullmatch("1795348800-r1795348800250000[0-9a-f]{16}", answer.id)
    assert clock.to_text(answer.timestamp) == "2026-11-22T12:00:00Z"
    before = time.time()
    found = int(reply(MessageType.PONG).id[12:28]) / 1_000_000
    assert before - 0.000_001 <= found <= time.time()


def test_the_id_of_a_reply_is_none_of_a_message() -> None:
    told = telling(change(1_795_348_800, "9" * 40), MessageType.EVENT_CREATED, {}).id
    answers = [reply(MessageType.PONG, moment=1_795_348_800.0 + at).id for at in (-1, 0, 1)]
    assert told[11] != answers[1][11] == "r"
    assert sorted([*answers, told]) == [answers[0], told, *answers[1:]]


def test_a_stream_record_is_read_as_plain_values() -> None:
    read_change = read(recorded("stream_event_created")["Records"][0])
    assert read_change.what == "INSERT"
    assert read_change.key == Key("EVENT#0000373774320291", "EVENT")
    assert read_change.old is None
    assert read_change.new is not None
    assert read_change.new["max_participants"] is None
    assert (read_change.at, read_change.sequence) == (
        1_795_348_800,
        "4421584500000000017450439091",
    )


@pytest.mark.parametrize(
    "path",
    [
        ("eventName",),
        ("dynamodb",),
        ("dynamodb", "Keys"),
        ("dynamodb", "Keys", "sk"),
        ("dynamodb", "SequenceNumber"),
        ("dynamodb", "ApproximateCreationDateTime"),
    ],
)
def test_a_record_without_what_every_record_has_is_malformed(path: tuple[str, ...]) -> None:
    record = copy.deepcopy(created(1))
    inner = record
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    with pytest.raises(MalformedRecord):
        read(record)


def test_an_item_of_types_that_we_never_write_is_malformed() -> None:
    with pytest.raises(MalformedRecord):
        read(created(1, title={"NS": ["1"]}))
