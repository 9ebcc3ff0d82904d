"""What only the creator of an event may do to it."""

from gatherhub.errors import ErrorCode, Problem, not_found
from gatherhub.events.entities import Event


def owned(event: Event | None, user_id: int) -> Event:
    """Return the event if the user created it.

    Problem `not_found` when there is none, `permission_denied` when it is another's.
    """
    if event is None:
        raise not_found("event")
    if event.creator_id != user_id:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Only the creator of an event may do this.")
    return event
