"""Posting a slice, and what follows when a connection could not be reached."""

from collections.abc import Iterable, Mapping, Sequence

from gatherhub import clock
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.realtime import failures
from gatherhub.realtime.connections import close_connection, hearing_now
from gatherhub.realtime.publishing import Delivery, Outcome, hang_up
from gatherhub.realtime.publishing import deliver as post_all
from gatherhub.realtime.slices import Slice
from gatherhub.table.errors import TableError

_HANDSHAKE = 30  # seconds that API Gateway gives $connect


class NobodyReached(Exception):
    """Not one connection could be reached (any more), so the fault is not theirs; try again later.

    `first` is the place of the first message that somebody lacks.
    """

    def __init__(self, first: int) -> None:
        super().__init__(f"nobody was reached by message {first}")
        self.first = first


def deliver(part: Slice, *, last_attempt: bool = False) -> int:
    """Post a slice and return how many messages arrived.

    A connection that is gone is forgotten. One that could not be reached, though others were, is
    cut off, and what it missed is kept for the operators: its client connects anew and catches up
    from the log, so nothing is lost, nothing arrives out of order, and nobody waits for it. Raises
    NobodyReached, unless it is the last attempt, after which all are cut off; TableError when that
    failed.
    """
    deliveries = post_all(part.todo())
    failed = _with_outcome(deliveries, Outcome.FAILED)
    wanted = {name: group.messages for group in part.groups for name in group.connections}
    if failed and len(failed) == len(deliveries) and not last_attempt:
        raise NobodyReached(min(wanted[name][deliveries[name].delivered] for name in failed))
    _forget(part, _with_outcome(deliveries, Outcome.GONE))
    missed = {name: wanted[name][deliveries[name].delivered :] for name in failed}
    _cut_off(part, missed)
    return sum(delivery.delivered for delivery in deliveries.values())


def still_wanted(part: Slice) -> Slice:
    """Return what a slice has for connections that are still open and may hear.

    It may have waited behind others for minutes. Who was cut off meanwhile must get nothing that
    comes after what it missed, even if it could not be hung up on. A request for each hundred
    connections, side by side.
    """
    names = [name for group in part.groups for name in group.connections]
    return part.only(hearing_now(names))


def give_up(part: Slice) -> None:
    """Cut off all who were to get a slice, as if none of it had arrived."""
    _cut_off(part, {name: group.messages for group in part.groups for name in group.connections})


def _with_outcome(deliveries: Mapping[str, Delivery], outcome: Outcome) -> list[str]:
    return [name for name, delivery in deliveries.items() if delivery.outcome is outcome]


def _forget(part: Slice, gone: Iterable[str]) -> None:
    # Before the handshake is over a connection is not there yet. It misses nothing that its
    # client can't fetch once it is open, but must stay for what comes then.
    closed_before = clock.epoch() - _HANDSHAKE
    opened = {name: at for group in part.groups for name, at in group.connections.items()}
    each(_forget_one, [name for name in gone if opened[name] <= closed_before])


def _cut_off(part: Slice, missed: Mapping[str, Sequence[int]]) -> None:
    # First, and not without it: as long as there are rows, later messages follow.
    each(close_connection, missed)
    each(hang_up, missed)
    for connection_id, places in missed.items():
        ids = [part.messages[place].id for place in places]
        failures.keep("a connection was cut off", {"connection_id": connection_id, "missed": ids})


def _forget_one(connection_id: str) -> None:
    try:
        close_connection(connection_id)
    except TableError as error:
        # The rows are of no harm: the next message finds them again, and they expire.
        logger.warning("a closed connection was not removed", exc_info=error)
