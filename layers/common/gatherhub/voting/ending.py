"""Noticing the end of votes to the second.

A vote's status follows the clock, so nothing waits for this. But that it has ended is told to
subscribers, once, and only a change of the table can be told. A schedule looks each minute for what
ends next and hands it to a queue, which delivers it just before. All of it may happen twice.
"""

import math
import time
from datetime import timedelta

from pydantic import BaseModel

from gatherhub import clock, queues, settings
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.queues import NotSent
from gatherhub.table import lists
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.lists import Range
from gatherhub.voting import store
from gatherhub.voting.closing import note_end
from gatherhub.voting.entities import Vote

HORIZON = timedelta(seconds=150)
"""How far ahead is looked: a schedule keeps the minute, not the second, so that nearly two minutes
may lie between two looks."""

LOOK_BACK = timedelta(hours=1)
"""For how long an end is looked for each minute whose message got lost."""

LONG_LOOK_BACK = timedelta(days=7)
"""For how long it is looked for once an hour, in case all of this stood still."""

_HEAD_START = 1  # second or two by which a message comes early: a container may have to start
_EARLY = 5  # seconds by which a message may come too early to be waited out

# What failed comes again only after the queue's visibility timeout, too late for subscribers, who
# are to hear of the end within five seconds.
_ATTEMPTS = 3
_PAUSE = 0.2  # seconds


class TooEarly(Exception):
    """The end of a vote is still to come; the message must be delivered again."""


class Due(BaseModel):
    """A message: which vote ends, and when (text of the clock)."""

    vote_id: int
    end: str

    def seconds_left(self) -> float:
        """Return the seconds until the end, negative when it has passed."""
        return clock.from_text(self.end).timestamp() - time.time()


def schedule() -> int:
    """Send a message for each end that comes soon or was never noted, and return how many.

    NotSent when the queue did not take all. One request to the table, and one to the queue for each
    end, side by side.
    """
    now = clock.now()
    back = LOOK_BACK if now.minute else LONG_LOOK_BACK
    within = Range(clock.to_text(now - back), clock.to_text(now + HORIZON))
    rows = lists.whole(store.VOTES, within, latest_first=False)
    due = [Due(vote_id=row["id"], end=row["end"]) for row in rows if not row["closed"]]
    each(_send, due)
    return len(due)


def announce_soon(vote: Vote) -> None:
    """Send the message for a new vote if its end may come before the schedule sees it.

    It is no failure of the caller's when that does not work: the schedule looks back too.
    """
    if vote.ends_at is None or vote.ends_at > clock.now() + HORIZON:
        return
    try:
        _send(Due(vote_id=vote.id, end=vote.end))
    except NotSent as error:
        logger.warning("the end of a vote may be noticed late", exc_info=error)


def receive(body: str) -> bool:
    """Note the end that a message is about, and tell whether nobody had before.

    TooEarly when it is so early that waiting would hold up others; StoreUnavailable when the table
    has failed again and again.
    """
    due = Due.model_validate_json(body)
    left = due.seconds_left()
    if left > _EARLY:
        raise TooEarly(f"{left:.0f} s too early")
    time.sleep(max(0.0, left))
    return _noted(due)


def _noted(due: Due) -> bool:
    for _ in range(_ATTEMPTS - 1):
        try:
            return note_end(due.vote_id, due.end)
        except StoreUnavailable as error:
            logger.warning("the end of a vote is noted at another attempt", exc_info=error)
            time.sleep(_PAUSE)
    return note_end(due.vote_id, due.end)


def _send(due: Due) -> None:
    delay = max(0, math.floor(due.seconds_left()) - _HEAD_START)
    queues.send(settings.closing_queue_url(), due.model_dump_json(), DelaySeconds=delay)
