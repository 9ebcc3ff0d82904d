"""Who listens to what.

An audience is a partition of listener rows. All who listen to a whole topic are spread over a few
of them, so that a popular topic is more than one partition can serve. Those who narrowed their
connection to one event are in an audience of that event: telling the others does not read them.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatherhub import settings
from gatherhub.errors import invalid
from gatherhub.ids import sortable
from gatherhub.schemas import parse_id

_ALL = "all"


class Topic(StrEnum):
    """What messages are about; each WebSocket path carries one or all."""

    EVENTS = "events"
    TASKS = "tasks"
    VOTING = "voting"


@dataclass(frozen=True)
class Subscription:
    """What one connection listens to: some topics, of one event or (None) of all."""

    topics: tuple[Topic, ...]
    event_id: int | None = None

    def audiences(self, connection_id: str) -> tuple[str, ...]:
        """Return the names of the audiences to which the connection belongs."""
        if self.event_id is not None:
            return tuple(_narrowed(topic, self.event_id) for topic in self.topics)
        # A stable hash: rows must be found again whatever process looks for them.
        shard = zlib.crc32(connection_id.encode()) % settings.audience_shards()
        return tuple(_sharded(topic, shard) for topic in self.topics)


def hearing(topic: Topic, event_id: int) -> tuple[str, ...]:
    """Return the audiences that hear what happens on a topic in an event."""
    everyone = (_sharded(topic, shard) for shard in range(settings.audience_shards()))
    return (*everyone, _narrowed(topic, event_id))


def subscription(query: Mapping[str, str]) -> Subscription:
    """Return what `topics=all|events|tasks|voting` (a comma list) and `event=ID` ask for.

    No topics means all. Problem `validation_error` for a topic or an id that can't exist.
    """
    return Subscription(_topics(query.get("topics", _ALL)), _event(query.get("event")))


def _topics(text: str) -> tuple[Topic, ...]:
    names = {name.strip() for name in text.split(",")}
    if unknown := names - {_ALL, *Topic}:
        raise invalid("topics", f"There is no topic {min(unknown)!r}.")
    return tuple(topic for topic in Topic if topic in names or _ALL in names)


def _event(text: str | None) -> int | None:
    try:
        return None if text is None else parse_id(text)
    except ValueError as error:
        raise invalid("event", str(error)) from None


def _sharded(topic: Topic, shard: int) -> str:
    return f"{topic}#SHARD#{shard}"


def _narrowed(topic: Topic, event_id: int) -> str:
    return f"{topic}#EVENT#{sortable(event_id)}"
