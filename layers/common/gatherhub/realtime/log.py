"""The log of what was told in the past day, from which clients catch up.

What one batch tells on a topic is stored in one item, in its order, so that nobody reads a message
without the earlier ones of the same object. It is stored before the audience is read: whoever is
not in the audience yet finds it in the log. What is told again is logged again.
"""

import threading
import time
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gatherhub import clock
from gatherhub.parallel import each
from gatherhub.realtime.announcements import Announcement
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.lists import LAST
from gatherhub.table.reads import query_pages
from gatherhub.table.writes import Put, write

KEPT = 86_400
"""For how many seconds a message is kept."""

SHARDS = 8
"""Over how many partitions a topic's log is spread, by event: one takes about 1 MB a second."""

_PAGES = 4  # that are read of a shard; whoever is that far behind had better fetch afresh
_ITEM_BYTES = 300_000  # DynamoDB takes 400 KB, and a message is much smaller than the rest

_TELLER = uuid.uuid4().hex[:12]


class TooMuch(Exception):
    """More was told than can be caught up with."""


@dataclass(frozen=True)
class Logged:
    """A message in the log.

    `position` is when it was told, in microseconds since 1970. `teller` is the container that told
    it: what one teller has told comes to a client in the order of the positions. `batch` is the
    position at which the batch begins; a teller begins none before it is done with the one before.
    """

    id: str
    event_id: int
    text: str
    position: int
    teller: str
    batch: int


class _Positions:
    """Positions that grow from message to message, also when two share a microsecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0

    def take(self, number: int) -> range:
        """Return as many positions as are asked for, from the present moment on."""
        with self._lock:
            first = max(self._next, time.time_ns() // 1_000)
            self._next = first + number
        return range(first, self._next)


_positions = _Positions()


def store(found: Sequence[Announcement]) -> None:
    """Log messages in the order in which they are going to be told.

    A write unit for each kilobyte; one request for each shard, side by side, and one more for each
    further 300 KB in it. TableError when some may be missing; doing it again logs them again.
    """
    shards: dict[str, list[Item]] = {}
    positions = _positions.take(len(found))
    for position, one in zip(positions, found, strict=True):
        message = {
            "id": one.message.id,
            "event_id": one.event_id,
            "text": one.message.text(),
            "position": position,
        }
        shards.setdefault(_shard(one.topic, one.event_id), []).append(message)
    each(lambda shard: _store_shard(*shard, positions[0]), shards.items())


def read(places: Iterable[Subscription], since: int, most: int) -> list[Logged]:
    """Return what was told on topics (of an event or of all) from a position on.

    A little of what was told just before may be among it. TooMuch when that is more than `most`
    messages of a shard, or would have to be looked for among more than 4 MB. One request for an
    event and eight for a topic, all side by side, and one more for each further megabyte.
    """
    wanted: dict[str, set[int] | None] = {}
    for topic, event_id in ((place.topic, place.event_id) for place in places):
        if event_id is None:
            wanted |= dict.fromkeys(keys.log(topic, shard) for shard in range(SHARDS))
        elif (events := wanted.setdefault(_shard(topic, event_id), set())) is not None:
            events.add(event_id)
    found = each(lambda shard: _read_shard(*shard, since, most), wanted.items())
    return [logged for some in found for logged in some]


def _read_shard(shard: str, events: set[int] | None, since: int, most: int) -> list[Logged]:
    found: list[Logged] = []
    for number, items in enumerate(query_pages(shard, f"{since:016d}", LAST)):
        found += [one for one in _messages(items) if events is None or one.event_id in events]
        if len(found) > most or number == _PAGES:
            raise TooMuch(shard)
    return found


def _shard(topic: Topic, event_id: int) -> str:
    # Ids end in random bits, but not so many that they spread evenly by themselves.
    return keys.log(topic, zlib.crc32(str(event_id).encode()) % SHARDS)


def _store_shard(partition: str, messages: Sequence[Item], batch: int) -> None:
    for some in _cut(messages):
        item = {
            keys.KIND: "log",
            "teller": _TELLER,
            "batch": batch,
            "messages": some,
            keys.EXPIRES: clock.epoch() + KEPT,
        }
        write(Put(keys.log_item(partition, some[0]["position"], _TELLER), item))


def _cut(messages: Sequence[Item]) -> Iterator[list[Item]]:
    some: list[Item] = []
    size = 0
    for message in messages:
        length = len(message["text"].encode())
        if some and size + length > _ITEM_BYTES:
            yield some
            some, size = [], 0
        some.append(message)
        size += length
    yield some


def _messages(items: Iterable[dict[str, Any]]) -> Iterator[Logged]:
    for item in items:
        for message in item["messages"]:
            yield Logged(**message, teller=item["teller"], batch=item["batch"])
