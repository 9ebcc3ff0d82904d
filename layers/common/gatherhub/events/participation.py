"""Joining and leaving an event."""

from gatherhub import clock
from gatherhub.errors import ErrorCode, Problem, not_found
from gatherhub.events import store
from gatherhub.events.entities import Participation
from gatherhub.events.schemas import EventCount
from gatherhub.table.errors import ConditionFailed


def join(user_id: int, event_id: int) -> EventCount:
    """Make a user a participant and return the event as it is then.

    Problem `not_found`, `already_participant` (also when the event is full), `event_full`. Two
    requests, and one more each time that others join or leave at the same moment.
    """
    participation = Participation(event_id=event_id, user_id=user_id, joined_at=clock.now())
    try:
        store.join(participation)
    except ConditionFailed as failure:
        raise _not_joined(failure) from None
    return _counted(event_id)


def leave(user_id: int, event_id: int) -> EventCount:
    """End a user's participation and return the event as it is then.

    Problem `not_found`, `creator_cannot_leave`, `not_participant`. Requests as for joining.
    """
    try:
        store.leave(event_id, user_id)
    except ConditionFailed as failure:
        raise _not_left(failure) from None
    return _counted(event_id)


def _not_joined(failure: ConditionFailed) -> Problem:
    event, participation = failure.items
    if event is not None and not event:
        return not_found("event")
    if participation is not None:
        return Problem(ErrorCode.ALREADY_PARTICIPANT, "You take part in this event already.")
    return Problem(ErrorCode.EVENT_FULL, "The event has no free place.")


def _not_left(failure: ConditionFailed) -> Problem:
    event, _ = failure.items
    if event is None:
        return Problem(ErrorCode.NOT_PARTICIPANT, "You don't take part in this event.")
    if not event:
        return not_found("event")
    return Problem(ErrorCode.CREATOR_CANNOT_LEAVE, "The creator of an event can't leave it.")


def _counted(event_id: int) -> EventCount:
    # Read after the write: the number before it may be another by then.
    event = store.find(event_id)
    if event is None:
        raise not_found("event")
    return EventCount(
        id=event.id, title=event.title, current_participants=event.current_participants
    )
