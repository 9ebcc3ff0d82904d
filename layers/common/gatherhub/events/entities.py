"""Events and participations as the table holds them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from gatherhub.schemas import UtcTime


class _Entity(BaseModel):
    # Keys and kind are in the item too, but are the table's business. Errors are logged, and logs
    # hold nothing that users have written.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Event(_Entity):
    """One event.

    `current_participants` counts its participations, the creator's included. `version` grows with
    each edit (not as people come and go). `words` are those under which the event is found.
    `counted_user_id` is whose coming or going was counted last; None before the first.
    """

    id: int
    creator_id: int
    title: str
    description: str
    date: UtcTime
    location: str
    max_participants: int | None
    current_participants: int
    created_at: UtcTime
    updated_at: UtcTime
    version: int
    words: tuple[str, ...]
    counted_user_id: int | None = None


class Participation(_Entity):
    """One user taking part in one event."""

    event_id: int
    user_id: int
    joined_at: UtcTime


class TaskPointer(_Entity):
    """What an event knows of one of its tasks."""

    id: int
    title: str
    status: Literal["pending", "in_progress", "completed"]


class VotePointer(_Entity):
    """What an event knows of one of its votes; `end` is text of the clock, far off for none."""

    id: int
    title: str
    end: str
