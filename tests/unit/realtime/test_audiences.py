import pytest

from gatherhub.errors import Problem
from gatherhub.realtime.audiences import Subscription, Topic, asked_for, hearing

EVERYTHING = tuple(Subscription(topic) for topic in Topic)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, EVERYTHING),
        ({"topics": "all"}, EVERYTHING),
        ({"topics": "events"}, (Subscription(Topic.EVENTS),)),
        ({"topics": "voting, tasks"}, (Subscription(Topic.TASKS), Subscription(Topic.VOTING))),
        ({"topics": "events,all"}, EVERYTHING),
        ({"topics": "tasks", "event": "5"}, (Subscription(Topic.TASKS, 5),)),
    ],
)
def test_topics_and_event_come_from_the_query(
    query: dict[str, str], expected: tuple[Subscription, ...]
) -> None:
    assert asked_for(query) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"topics": ""}, "topics"),
        ({"topics": "events,"}, "topics"),
        ({"topics": "Events"}, "topics"),
        ({"event": ""}, "event"),
        ({"event": "-1"}, "event"),
        ({"event": "9" * 17}, "event"),
    ],
)
def test_what_does_not_exist_is_refused(query: dict[str, str], field: str) -> None:
    with pytest.raises(Problem) as caught:
        asked_for(query)
    assert list(caught.value.details) == [field]


@pytest.mark.parametrize("shards", ["1", "4", "16"])
@pytest.mark.parametrize("event_id", [None, 5])
def test_whoever_listens_is_among_those_who_hear(
    monkeypatch: pytest.MonkeyPatch, shards: str, event_id: int | None
) -> None:
    monkeypatch.setenv("AUDIENCE_SHARDS", shards)
    used = set()
    for number in range(200):
        audience = Subscription(Topic.TASKS, event_id).audience(f"connection{number}")
        assert audience in hearing(Topic.TASKS, 5)
        assert audience not in hearing(Topic.EVENTS, 5)
        assert (audience in hearing(Topic.TASKS, 6)) is (event_id is None)
        used.add(audience)
    assert len(used) == (int(shards) if event_id is None else 1)


def test_rows_of_fewer_shards_are_still_found_when_there_are_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AUDIENCE_SHARDS", "2")
    old = Subscription(Topic.EVENTS).audience("connection")
    monkeypatch.setenv("AUDIENCE_SHARDS", "8")
    assert old in hearing(Topic.EVENTS, 1)
