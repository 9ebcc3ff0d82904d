"""Posting to a crowd: slices through a queue to senders that work side by side.

Each connection has a lane, and the queue delivers a lane's slices one after the other, so a
connection gets its messages in order. That would be lost if some messages were posted directly
meanwhile; so once the lanes are in use, all messages take them until they have surely run empty.
"""

import uuid

from gatherhub import clock, queues, settings
from gatherhub.parallel import each
from gatherhub.realtime.slices import LANES, Slice
from gatherhub.table import keys
from gatherhub.table.reads import get
from gatherhub.table.writes import Put, write

DIRECTLY = 300
"""To how many connections a batch is posted directly."""

# Seconds; a slice is tried, and holds up its lane, for about ten minutes (template.yaml).
_IN_USE = 1_800
_RENEWED = 900


def in_use() -> int:
    """Return until when (Unix seconds) messages must take the lanes. One request."""
    return int((get(keys.lanes()) or {}).get("until", 0))


def hand_over(whole: Slice, until: int) -> int:
    """Give a slice to the senders, and return in how many pieces.

    `until` is what `in_use` said. NotSent when the queue did not take all; to do it again repeats
    some. One request for each piece, in a lane one after the other; at times one to the table.
    """
    now = clock.epoch()
    if until < now + _RENEWED:
        # Before the first piece: whoever comes next must already see it.
        last = now + _IN_USE
        write(Put(keys.lanes(), {keys.KIND: "lanes", "until": last, keys.EXPIRES: last}))
    return sum(each(lambda lane: _send_lane(whole, lane), range(LANES)))


def _send_lane(whole: Slice, lane: int) -> int:
    pieces = list(whole.lane(lane))
    for piece in pieces:
        _send(piece, lane)
    return len(pieces)


def _send(piece: Slice, lane: int) -> None:
    queues.send(
        settings.deliveries_queue_url(),
        piece.model_dump_json(),
        MessageGroupId=str(lane),
        # Only the SDK's own repeats are the same message: a retried batch has another audience.
        MessageDeduplicationId=uuid.uuid4().hex,
    )
