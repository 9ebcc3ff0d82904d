"""Catching up: what a client has missed since the last message that it received."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatherhub import clock
from gatherhub.errors import Problem, invalid
from gatherhub.parallel import each
from gatherhub.realtime import log
from gatherhub.realtime.connections import Connection
from gatherhub.realtime.log import Logged
from gatherhub.realtime.messages import Message, MessageType, reply
from gatherhub.realtime.publishing import Outcome, deliver

LIMIT = 5_000
"""How many messages are sent at most; whoever has missed more is quicker to fetch afresh."""

OVERLAP = 120
"""Seconds for which a message may be on its way. What another teller told so shortly before may
have been overtaken by the last message that a client received, so it is sent again."""

_STORING = 10  # seconds that a message may take from its position to where others can read it
_MICROSECONDS = 1_000_000
_CLOCKS = 300  # seconds by which an id may be ahead of this clock before it can't be ours
_TOLD = re.compile(r"([0-9]{10})-[0-9]{41}")
_ANSWERED = re.compile(r"[0-9]{10}-r([0-9]{16})[0-9a-f]{16}")


@dataclass(frozen=True)
class _Mark:
    """Where a client stopped: at a message, or at the moment of an answer to it alone."""

    id: str
    moment: int  # microseconds since 1970; of a message the second of its change, so not later
    is_answer: bool

    @property
    def since(self) -> int:
        """From which position on something can have been missed."""
        return self.moment if self.is_answer else self.moment - OVERLAP * _MICROSECONDS


def resume(connection: Connection, last_id: str) -> Message:
    """Send what a connection's subscriptions have missed since `last_id`; return the last word.

    Problem `validation_error` for an id that can't be ours. Requests as `log.read` says for each
    subscription, side by side, then a post for each message.
    """
    mark = _mark(last_id)
    # What can't be read in the log yet stands behind this moment, and reaches the connection itself.
    began = time.time() - _STORING
    missed = _missed(connection, mark)
    sent = _send(connection, missed)
    kept = mark.moment >= (began - log.KEPT) * _MICROSECONDS
    return reply(MessageType.RESUMED, {"recovered": kept and sent}, began)


def _mark(last_id: str) -> _Mark:
    if match := _TOLD.fullmatch(last_id):
        mark = _Mark(last_id, int(match[1]) * _MICROSECONDS, is_answer=False)
    elif match := _ANSWERED.fullmatch(last_id):
        mark = _Mark(last_id, int(match[1]), is_answer=True)
    else:
        raise _unknown()
    if mark.moment > (clock.epoch() + _CLOCKS) * _MICROSECONDS:
        raise _unknown()
    return mark


def _unknown() -> Problem:
    return invalid("last_id", "This is not the id of a message.")


def _missed(connection: Connection, mark: _Mark) -> list[Logged]:
    """Return what was told since the mark, each message once, in the order of their ids."""
    oldest = clock.epoch() - log.KEPT
    since = max(mark.since, oldest * _MICROSECONDS)
    logged = each(
        lambda place: log.read(place.topic, place.event_id, since), connection.subscriptions
    )
    told = sorted((one for found in logged for one in found), key=lambda one: one.position)
    new = {one.id: one for one in _after(mark, told) if int(one.id[:10]) >= oldest}
    return [new[identifier] for identifier in sorted(new)]


def _after(mark: _Mark, told: Sequence[Logged]) -> Iterator[Logged]:
    """Yield what a client that stopped at the mark may not have received."""
    last = next((one for one in told if one.id == mark.id), None)
    for one in told:
        if last and one.teller == last.teller and one.position <= last.position:
            continue  # it came to the client before the last one did
        if one.position >= mark.since:
            yield one


def _send(connection: Connection, missed: Sequence[Logged]) -> bool:
    """Tell whether all could be sent."""
    if len(missed) > LIMIT:
        return False
    if not missed:
        return True
    texts = [one.text.encode() for one in missed]
    return deliver({connection.id: texts})[connection.id].outcome is Outcome.DELIVERED
