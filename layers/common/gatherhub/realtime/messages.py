"""What the server says on a socket: `{"type", "data", "timestamp", "id"}`."""

import json
import secrets
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gatherhub import clock
from gatherhub.errors import Problem
from gatherhub.table.stream import Change

_MICROSECONDS = 1_000_000

# Characters of JSON that SQS refuses, by which messages may go.
_REFUSED = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


class MessageType(StrEnum):
    """Every value of `type`."""

    PONG = "pong"
    ERROR = "error"

    EVENT_CREATED = "event_created"
    EVENT_UPDATED = "event_updated"
    EVENT_JOINED = "event_joined"
    EVENT_LEFT = "event_left"
    EVENT_DELETED = "event_deleted"

    TASK_CREATED = "task_created"
    TASK_UPDATED = "task_updated"
    TASK_ASSIGNED = "task_assigned"
    TASK_COMPLETED = "task_completed"
    TASK_DELETED = "task_deleted"

    VOTE_CREATED = "vote_created"
    VOTE_CAST = "vote_cast"
    VOTE_RESULTS = "vote_results"
    VOTE_ENDED = "vote_ended"
    VOTE_DELETED = "vote_deleted"

    # Answers to one connection.
    AUTHENTICATED = "authenticated"
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    RESUMED = "resumed"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  (a type of message, not a secret)
    RECONNECT = "reconnect"


@dataclass(frozen=True)
class Message:
    """One message. `id` is unique and sorts by time; a repeated message repeats its id."""

    type: MessageType
    data: Mapping[str, Any]
    timestamp: datetime
    id: str

    def text(self) -> str:
        """Return the message as it is sent: JSON, its text not escaped to keep it small."""
        text = json.dumps(
            {
                "type": self.type,
                "data": self.data,
                "timestamp": clock.to_text(self.timestamp),
                "id": self.id,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return text.translate(_REFUSED)


def telling(
    change: Change, message_type: MessageType, data: Mapping[str, Any], part: int = 0
) -> Message:
    """Return the message about a change, or its message number `part` (0 to 9) of several.

    Everything that identifies it comes from the stream record: delivered again, the record makes
    the same message. The id is the second (10 digits), the sequence number (40), the part (1), and
    a hash of the partition (6), as a number is unique in its shard of the stream alone.
    """
    partition = zlib.crc32(change.key.pk.encode()) % 1_000_000
    return Message(
        type=message_type,
        data=data,
        timestamp=clock.from_epoch(change.at),
        id=f"{change.at:010d}-{change.sequence:0>40}{part}{partition:06d}",
    )


def reply(
    message_type: MessageType, data: Mapping[str, Any] | None = None, moment: float | None = None
) -> Message:
    """Return an answer to one client, of a moment in Unix seconds (None: of now).

    A client may resume from it, so its id tells the moment to the microsecond: the second (10
    digits), `-r`, the microseconds since 1970 (16 digits), and 16 random hexadecimal digits. By the
    `r` it differs from the id of a message, and it sorts among those by its second.
    """
    microseconds = int((time.time() if moment is None else moment) * _MICROSECONDS)
    second = microseconds // _MICROSECONDS
    return Message(
        type=message_type,
        data=data or {},
        timestamp=clock.from_epoch(second),
        id=f"{second:010d}-r{microseconds:016d}{secrets.token_hex(8)}",
    )


def error(problem: Problem) -> Message:
    """Return the answer to a message that can't be done: the HTTP error's fields as `data`."""
    return reply(
        MessageType.ERROR,
        {"error": problem.code, "message": problem.message, "details": problem.details},
    )
