"""Who listens to what.

An audience is a partition of listener rows. All who listen to a whole topic are spread over a few
of them, so that a popular topic is more than one partition can serve. Those who narrowed a topic
to one event are in an audience of that event: telling the others does not read them.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatherhub import settings
from gatherhub.errors import invalid
from gatherhub.ids import sortable
from gatherhub.schemas import parse_id

ALL = "all"
"""What stands for every topic where a client names some."""


class Topic(StrEnum):
    """What messages are about; each WebSocket path carries one or all."""

    EVENTS = "events"
    TASKS = "tasks"
    VOTING = "voting"


@dataclass(frozen=True)
class Subscription:
    """One topic that a connection listens to, of one event or (None) of all."""

    topic: Topic
    event_id: int | None = None

    def audience(self, connection_id: str) -> str:
        """Return the name of the audience to which the connection belongs by it."""
        if self.event_id is not None:
            return _narrowed(self.topic, self.event_id)
        # A stable hash: rows must be found again whatever process looks for them.
        return _sharded(self.topic, zlib.crc32(connection_id.encode()) % settings.audience_shards())


def hearing(topic: Topic, event_id: int) -> tuple[str, ...]:
    """Return the audiences that hear what happens on a topic in an event.

    One connection may be in several of them.
    """
    everyone = (_sharded(topic, shard) for shard in range(settings.audience_shards()))
    return (*everyone, _narrowed(topic, event_id))


def named(names: Iterable[str]) -> list[Topic]:
    """Return the topics that are named, all of them if `all` is.

    Problem `validation_error` when there is no such topic, or none is named.
    """
    wanted = set(names)
    if not wanted:
        raise invalid("topics", "Name at least one topic.")
    if unknown := wanted - {ALL, *Topic}:
        raise invalid("topics", f"There is no topic {min(unknown)!r}.")
    return [topic for topic in Topic if wanted & {topic, ALL}]


def asked_for(query: Mapping[str, str]) -> tuple[Subscription, ...]:
    """Return what `topics=all|events|tasks|voting` (a comma list) and `event=ID` ask for.

    No `topics` means all. Problem `validation_error` for a topic or an id that can't exist.
    """
    topics = named(name.strip() for name in query.get("topics", ALL).split(","))
    event_id = _event(query.get("event"))
    return tuple(Subscription(topic, event_id) for topic in topics)


def _event(text: str | None) -> int | None:
    try:
        return None if text is None else parse_id(text)
    except ValueError as error:
        raise invalid("event", str(error)) from None


def _sharded(topic: Topic, shard: int) -> str:
    return f"{topic}#SHARD#{shard}"


def _narrowed(topic: Topic, event_id: int) -> str:
    return f"{topic}#EVENT#{sortable(event_id)}"
