"""Deleting an event: it is gone at once, and what belonged to it follows by the stream."""

from gatherhub.events import store
from gatherhub.events.ownership import owned
from gatherhub.table.errors import ConditionFailed, StoreUnavailable

_ROUNDS = 5  # edits of the event that may come in between


def delete(user_id: int, event_id: int) -> None:
    """Delete an event that the caller created.

    Problem `not_found` or `permission_denied`. Two requests, and one more for each edit at the
    same time.
    """
    event = owned(store.find(event_id), user_id)
    for _ in range(_ROUNDS):
        try:
            store.remove(event)
        except ConditionFailed as failure:
            event = owned(store.present_after(failure), user_id)
        else:
            return
    raise StoreUnavailable("the event changed again and again")
