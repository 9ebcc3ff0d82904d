"""What changes of the table mean to those who listen, if anything."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from gatherhub.events.store import EVENT
from gatherhub.realtime.audiences import Topic
from gatherhub.realtime.event_news import of_event
from gatherhub.realtime.messages import Message, telling
from gatherhub.realtime.news import News, gather
from gatherhub.realtime.task_news import of_task
from gatherhub.realtime.vote_news import of_tally, of_vote
from gatherhub.table.keys import KIND
from gatherhub.table.stream import Change, MalformedRecord
from gatherhub.tasks.store import TASK
from gatherhub.voting.store import TALLY, VOTE

_TOLD: dict[str, tuple[Topic, Callable[[Change], News | None]]] = {
    EVENT: (Topic.EVENTS, of_event),
    TASK: (Topic.TASKS, of_task),
    VOTE: (Topic.VOTING, of_vote),
    TALLY: (Topic.VOTING, of_tally),
}
"""The kinds of items whose changes are told; those of all others are bookkeeping."""


@dataclass(frozen=True)
class Announcement:
    """A message, and whom it concerns: the listeners of a topic and of an event in it.

    `sequence` is the number of the stream record from which it comes.
    """

    message: Message
    topic: Topic
    event_id: int
    sequence: str


@dataclass(frozen=True)
class Announced:
    """What is to be told of a batch, in the order of its changes.

    `malformed` are the changes of items that are not what their kind says. Trying again can't help.
    """

    found: list[Announcement]
    malformed: list[tuple[Change, MalformedRecord]]


def announcements(changes: Sequence[Change]) -> Announced:
    """Return what is to be told of a batch of changes.

    People, events and totals are as they are by now; what changed, and any status, is as it was at
    the change. Reading is one step: a request for each hundred people and events, one for each
    vote with ballots or an end. TableError when that fails.
    """
    announced = Announced([], [])
    told: list[tuple[Change, Topic, News]] = []
    for change in changes:
        with _noting_malformed(change, announced):
            meaning = _meaning(change)
            if meaning:
                told.append((change, *meaning))
    facts = gather(news.needs for _, _, news in told)
    for change, topic, news in told:
        with _noting_malformed(change, announced):
            statements = news.tell(facts)
            announced.found.extend(
                Announcement(
                    message=telling(change, statement.type, statement.data, part),
                    topic=topic,
                    event_id=statement.event_id,
                    sequence=change.sequence,
                )
                for part, statement in enumerate(statements)
            )
    return announced


def _meaning(change: Change) -> tuple[Topic, News] | None:
    kind = (change.new or change.old or {}).get(KIND, "")
    if kind not in _TOLD:
        return None
    topic, meaning = _TOLD[kind]
    news = meaning(change)
    return (topic, news) if news else None


@contextmanager
def _noting_malformed(change: Change, announced: Announced) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, ValueError) as error:
        said = f"{change.key.pk} {change.key.sk} is not what its kind says: {error}"
        announced.malformed.append((change, MalformedRecord(said)))
