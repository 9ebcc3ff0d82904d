import pytest

from local.edge.sockets import sendable, topics_of


@pytest.mark.parametrize(
    ("path", "topics"),
    [
        ("/ws", "all"),
        ("/ws/", "all"),
        ("/ws/events", "events"),
        ("/ws/events/", "events"),
        ("/ws/tasks/", "tasks"),
        ("/ws/voting/", "voting"),
        ("/ws/all/", None),
        ("/ws/votes/", None),
        ("/ws/events/1/", None),
        ("/other/events/", None),
    ],
)
def test_the_path_chooses_the_topics(path: str, topics: str | None) -> None:
    assert topics_of(path) == topics


@pytest.mark.parametrize(
    ("received", "sent"),
    [(1000, 1000), (4001, 4001), (1001, 1001), (None, 1000), (1005, 1000), (1006, 1011)],
)
def test_only_codes_that_may_be_sent_are_passed_on(received: int | None, sent: int) -> None:
    assert sendable(received) == sent
