"""Noticing the end of votes to the second.

A vote's status follows the clock, so nothing waits for this. But that it has ended is told to
subscribers, once, and only a change of the table can be told. A schedule looks each minute for what
ends next and hands it to a queue, which delivers it at the very second. All of it may happen twice.
"""

import json
import math
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel

from gatherhub import aws, clock, settings
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.table import lists
from gatherhub.table.lists import Range
from gatherhub.voting import store
from gatherhub.voting.closing import note_end
from gatherhub.voting.entities import Vote

HORIZON = timedelta(seconds=150)
"""How far ahead is looked: a schedule keeps the minute, not the second, so that nearly two minutes
may lie between two looks."""

LOOK_BACK = timedelta(hours=1)
"""For how long an end is looked for whose message got lost."""

_MOST_MESSAGES = 10  # in one SendMessageBatch
_EARLY = 5  # seconds by which a message may come too early to be waited out


class NotSent(Exception):
    """The queue did not take messages; sending them again does no harm."""


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

    NotSent when the queue did not take all. One request to the table, one to the queue for each ten
    ends.
    """
    now = clock.now()
    within = Range(clock.to_text(now - LOOK_BACK), clock.to_text(now + HORIZON))
    rows = lists.whole(store.VOTES, within, latest_first=False)
    due = [Due(vote_id=row["id"], end=row["end"]) for row in rows if not row["closed"]]
    _send(due)
    return len(due)


def announce_soon(vote: Vote) -> None:
    """Send the message for a new vote if its end may come before the schedule sees it.

    It is no failure of the caller's when that does not work: the schedule looks back too.
    """
    if vote.ends_at is None or vote.ends_at > clock.now() + HORIZON:
        return
    try:
        _send([Due(vote_id=vote.id, end=vote.end)])
    except NotSent as error:
        logger.warning("the end of a vote may be noticed late", exc_info=error)


def receive(body: str) -> bool:
    """Note the end that a message is about, and tell whether nobody had before.

    TooEarly when it is so early that waiting would hold up others.
    """
    due = Due.model_validate_json(body)
    left = due.seconds_left()
    if left > _EARLY:
        raise TooEarly(f"{left:.0f} s too early")
    time.sleep(max(0.0, left))
    return note_end(due.vote_id, due.end)


def _send(due: Sequence[Due]) -> None:
    groups = [due[at : at + _MOST_MESSAGES] for at in range(0, len(due), _MOST_MESSAGES)]
    each(_send_group, groups)


def _send_group(due: Iterable[Due]) -> None:
    entries = [_entry(number, one) for number, one in enumerate(due)]
    try:
        answer = aws.client("sqs").send_message_batch(
            QueueUrl=settings.closing_queue_url(), Entries=entries
        )
    except (BotoCoreError, ClientError) as error:
        raise NotSent(type(error).__name__) from error
    if failed := answer.get("Failed"):
        raise NotSent(f"{len(failed)} of {len(entries)} messages")


def _entry(number: int, due: Due) -> dict[str, Any]:
    return {
        "Id": str(number),
        "MessageBody": json.dumps(due.model_dump()),
        "DelaySeconds": max(0, math.ceil(due.seconds_left())),
    }
