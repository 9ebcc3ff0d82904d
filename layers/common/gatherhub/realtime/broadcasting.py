"""Telling the listeners of each change in a batch of stream records.

In this order, on which catching up relies: messages are logged, then the audience is read, then it
is told. Whoever was in the audience when a change was stored is told; whoever comes later finds the
change in the log, or in what it fetches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gatherhub import aws, clock
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.queues import NotSent
from gatherhub.realtime import fan_out, log
from gatherhub.realtime.announcements import Announcement, announcements
from gatherhub.realtime.audiences import hearing
from gatherhub.realtime.connections import Listener, listeners
from gatherhub.realtime.delivering import NobodyReached, deliver
from gatherhub.realtime.failures import keep
from gatherhub.realtime.slices import Slice
from gatherhub.table.errors import TableError
from gatherhub.table.stream import Change, MalformedRecord, read


@dataclass(frozen=True)
class Told:
    """What was told of a batch: messages, in posts that arrived or in pieces handed to senders.

    `again` is the sequence number from which on it must be delivered again, or None.
    """

    messages: int = 0
    posts: int = 0
    pieces: int = 0
    again: str | None = None


def broadcast(records: Sequence[Mapping[str, Any]]) -> Told:
    """Tell of stream records in their order.

    What is delivered again is told once more, with the same ids; what can never be told is kept
    apart, and holds up nothing. An exception when nothing was told: TableError when the store does
    not answer; any other is raised as long as there are several records, so that Lambda finds the
    one that is to blame. One step to read what messages embed, one to log them, one to read the
    audience, and then the posts.
    """
    try:
        return _broadcast(records)
    except Exception as error:
        if len(records) > 1 or isinstance(error, TableError) or aws.is_outage(error):
            raise
        _keep_apart(error, str(records[0].get("eventID")), None)
        return Told()


def _broadcast(records: Sequence[Mapping[str, Any]]) -> Told:
    announced = announcements(_changes(records))
    for change, error in announced.malformed:
        _keep_apart(error, f"{change.key.pk} {change.key.sk}", change.sequence)
    found = announced.found
    if not found:
        return Told()
    log.store(found)
    whole, lanes_until = _addressed(found)
    first = 0
    if whole.connections() <= fan_out.DIRECTLY and lanes_until < clock.epoch():
        try:
            return Told(len(found), posts=deliver(whole))
        except NobodyReached as error:
            # The senders have more patience, and the stream need not wait for them.
            logger.warning("nobody was reached", exc_info=error)
            first = error.first
    try:
        pieces = fan_out.hand_over(whole.since(first), lanes_until)
    except (NotSent, TableError) as error:
        logger.error("a crowd was not told", exc_info=error)
        return Told(len(found), again=found[first].sequence)
    return Told(len(found), pieces=pieces)


def _changes(records: Sequence[Mapping[str, Any]]) -> list[Change]:
    changes = []
    for record in records:
        try:
            changes.append(read(record))
        except MalformedRecord as error:
            _keep_apart(error, str(record.get("eventID")), None)
    return changes


def _keep_apart(error: Exception, what: str, sequence: str | None) -> None:
    logger.error("a change can't be told", item=what, exc_info=error)
    keep("a change can't be told", {"item": what, "sequence": sequence, "error": str(error)})


def _addressed(found: Sequence[Announcement]) -> tuple[Slice, int]:
    """Return who gets which message, and until when the lanes are in use. One step."""
    heard: dict[str, list[int]] = {}
    for place, one in enumerate(found):
        for name in hearing(one.topic, one.event_id):
            heard.setdefault(name, []).append(place)
    reads: list[Callable[[], Any]] = [partial(listeners, name) for name in heard]
    lanes_until, *audiences = each(lambda request: request(), [fan_out.in_use, *reads])
    now = clock.epoch()
    audience: dict[str, tuple[Listener, set[int]]] = {}
    for places, rows in zip(heard.values(), audiences, strict=True):
        for listener in rows:
            if listener.may_hear(now):
                audience.setdefault(listener.connection_id, (listener, set()))[1].update(places)
    return Slice.of([one.message for one in found], audience), lanes_until
