"""Catching up: what a client has missed since the last message that it received."""

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gatherhub import clock
from gatherhub.errors import Problem, invalid
from gatherhub.observability import logger
from gatherhub.realtime import log
from gatherhub.realtime.connections import Connection
from gatherhub.realtime.log import Logged
from gatherhub.realtime.messages import MessageType, reply
from gatherhub.realtime.publishing import Outcome, deliver, post

LIMIT = 5_000
"""How many messages are sent at most; whoever has missed more is quicker to fetch afresh."""

OVERLAP = 120
"""Seconds for which a message may be on its way. What another teller told so shortly before may
have been overtaken by the last message that a client received, so it is sent again."""

_PATIENCE = 20  # seconds of sending; API Gateway waits 29 s, and then tells the client of an error
_AT_ONCE = 100
_STORING = 10  # seconds that a message may take from its position to where others can read it
_MICROSECONDS = 1_000_000
_CLOCKS = 300  # seconds by which an id may be ahead of this clock before it can't be ours
_TOLD = re.compile(r"([0-9]{10})-[0-9]{47}")
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


def resume(connection: Connection, last_id: str) -> None:
    """Send what a connection's subscriptions have missed since `last_id`, and then `resumed`.

    `resumed` is posted like the rest, so that nothing overtakes it. Problem `validation_error` for
    an id that can't be ours. Requests as `log.read` says, then a post for each message.
    """
    mark = _mark(last_id)
    # What can't be read in the log yet stands behind this moment, and comes by itself.
    began = time.time() - _STORING
    kept = mark.moment >= (began - log.KEPT) * _MICROSECONDS
    sent = _send(connection, _missed(connection, mark))
    last = reply(MessageType.RESUMED, {"recovered": kept and sent}, began)
    outcome = post(connection.id, last.text().encode())
    logger.info("resumed", recovered=kept and sent, outcome=outcome.value)


def _send(connection: Connection, missed: Sequence[Logged] | None) -> bool:
    """Post what was missed; tell whether that was all of it (None: too much to begin with)."""
    if missed is None:
        return False
    deadline = time.monotonic() + _PATIENCE
    for start in range(0, len(missed), _AT_ONCE):
        texts = [one.text.encode() for one in missed[start : start + _AT_ONCE]]
        sent = deliver({connection.id: texts})[connection.id]
        if sent.outcome is not Outcome.DELIVERED or time.monotonic() > deadline:
            return False
    return True


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


def _missed(connection: Connection, mark: _Mark) -> list[Logged] | None:
    """Return what was told since the mark, each message once, in the order of their ids.

    None when it is too much to be sent.
    """
    oldest = clock.epoch() - log.KEPT
    since = max(mark.since, oldest * _MICROSECONDS)
    try:
        told = log.read(connection.subscriptions, since, 2 * LIMIT)
    except log.TooMuch:
        return None
    told.sort(key=lambda one: one.position)
    new = {one.id: one for one in _after(mark, told) if int(one.id[:10]) >= oldest}
    return [new[identifier] for identifier in sorted(new)] if len(new) <= LIMIT else None


def _after(mark: _Mark, told: Sequence[Logged]) -> Iterator[Logged]:
    """Yield what a client that stopped at the mark may not have received, in the order of telling.

    When the mark is a message, what its own teller told before has arrived. Of every other teller
    that may be on its way yet what it told last before; the rest it had finished by then.
    """
    last = next((one for one in told if one.id == mark.id), None)
    before = [one for one in told if last and one.position <= last.position]
    unfinished = {one.teller: one.batch for one in before if last and one.teller != last.teller}
    for one in told:
        if one.position < mark.since:
            continue
        if last and one.position <= last.position and one.batch != unfinished.get(one.teller):
            continue
        yield one
