"""What the server says on a socket: `{"type", "data", "timestamp", "id"}`."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from gatherhub import clock
from gatherhub.errors import Problem
from gatherhub.table.stream import Change


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


@dataclass(frozen=True)
class Message:
    """One message. `id` is unique and sorts by time; a repeated message repeats its id."""

    type: MessageType
    data: Mapping[str, Any]
    timestamp: datetime
    id: str

    def text(self) -> str:
        """Return the message as it is sent: JSON, its text not escaped to keep it small."""
        return json.dumps(
            {
                "type": self.type,
                "data": self.data,
                "timestamp": clock.to_text(self.timestamp),
                "id": self.id,
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )


def telling(
    change: Change, message_type: MessageType, data: Mapping[str, Any], part: int = 0
) -> Message:
    """Return the message about a change, or its message number `part` (0 to 9) of several.

    Everything that identifies it comes from the stream record: delivered again, the record makes
    the same message. The id is the second (10 digits), the sequence number (40) and the part (1).
    """
    return Message(
        type=message_type,
        data=data,
        timestamp=clock.from_epoch(change.at),
        id=f"{change.at:010d}-{change.sequence:0>40}{part}",
    )


def reply(message_type: MessageType, data: Mapping[str, Any] | None = None) -> Message:
    """Return an answer to one client; its id sorts among the others by its second."""
    now = clock.now()
    return Message(message_type, data or {}, now, f"{int(now.timestamp()):010d}-{uuid.uuid4().hex}")


def error(problem: Problem) -> Message:
    """Return the answer to a message that can't be done: the HTTP error's fields as `data`."""
    return reply(
        MessageType.ERROR,
        {"error": problem.code, "message": problem.message, "details": problem.details},
    )
