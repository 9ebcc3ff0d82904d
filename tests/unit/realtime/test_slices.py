"""Cutting what a crowd is to be told into slices."""

import pytest

from gatherhub.realtime import slices
from gatherhub.realtime.slices import LANES, Group, Posting, Slice, lane_of


def a_slice(texts: list[str], *groups: tuple[tuple[int, ...], list[str]]) -> Slice:
    return Slice(
        messages=[Posting(id=f"id{n}", text=text) for n, text in enumerate(texts)],
        groups=[Group(messages=m, connections=dict.fromkeys(c, 7)) for m, c in groups],
    )


def posts(parts: list[Slice]) -> dict[str, list[bytes]]:
    """Return what each connection gets from slices that are posted in this order."""
    got: dict[str, list[bytes]] = {}
    for part in parts:
        for connection_id, texts in part.todo().items():
            got.setdefault(connection_id, []).extend(texts)
    return got


def lanes(whole: Slice) -> list[list[Slice]]:
    return [list(whole.lane(number)) for number in range(LANES)]


CROWD = [f"c{n}=" for n in range(1_700)]


def test_each_connection_gets_its_messages_in_order() -> None:
    whole = a_slice(["a", "b", "c"], ((0, 2), ["one"]), ((1,), ["two"]))
    assert whole.todo() == {"one": [b"a", b"c"], "two": [b"b"]}


def test_the_lanes_together_post_what_the_whole_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_POSTS", 40)
    monkeypatch.setattr(slices, "_CONNECTIONS", 10)
    monkeypatch.setattr(slices, "_BYTES", 9)
    texts = [f"text {n}" for n in range(12)]
    whole = a_slice(
        texts, (tuple(range(12)), CROWD[:1_000]), ((0, 5, 11), CROWD[1_000:1_600]), ((3,), ["me"])
    )
    cut = lanes(whole)
    assert posts([part for lane in cut for part in lane]) == whole.todo()
    for part in (part for lane in cut for part in lane):
        assert part.connections() <= 10
        assert sum(map(len, part.todo().values())) <= 40
        assert sum(len(message.text) for message in part.messages) <= 9


def test_a_message_that_is_too_long_for_a_piece_gets_one_of_its_own() -> None:
    whole = a_slice(["a", "b" * 200_000, "c"], ((0, 1, 2), ["one"]))
    pieces = list(whole.lane(lane_of("one")))
    assert [[m.id for m in piece.messages] for piece in pieces] == [["id0"], ["id1"], ["id2"]]


def test_all_of_a_connection_is_in_one_lane() -> None:
    whole = a_slice(["a", "b"], ((0, 1), CROWD))
    for number, lane in enumerate(lanes(whole)):
        assert {lane_of(c) for part in lane for c in part.todo()} <= {number}


def test_connections_are_spread_over_all_lanes() -> None:
    sizes = [
        sum(part.connections() for part in lane) for lane in lanes(a_slice(["a"], ((0,), CROWD)))
    ]
    assert sum(sizes) == len(CROWD)
    assert min(sizes) > len(CROWD) / LANES / 2


def test_a_piece_fits_into_the_queue() -> None:
    whole = a_slice(
        ['"' * 10_000] * 100, (tuple(range(100)), [f"{n:016d}=" for n in range(20_000)])
    )
    lane = list(whole.lane(3))
    assert max(len(part.model_dump_json().encode()) for part in lane) < 256 * 1024


def test_a_piece_survives_the_queue() -> None:
    (part,) = a_slice(["é 🍰"], ((0,), ["one"])).lane(lane_of("one"))
    assert Slice.model_validate_json(part.model_dump_json()) == part


def test_what_is_left_from_a_message_on() -> None:
    whole = a_slice(["a", "b", "c"], ((0, 2), ["one"]), ((0, 1), ["two"]), ((0,), ["three"]))
    assert whole.since(1).todo() == {"one": [b"c"], "two": [b"b"]}
    assert whole.since(0).todo() == whole.todo()


def test_nobody_to_tell_is_no_piece() -> None:
    assert lanes(a_slice(["a"])) == [[]] * LANES
