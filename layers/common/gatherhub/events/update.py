"""Changing an event."""

from gatherhub import clock
from gatherhub.errors import invalid
from gatherhub.events import store
from gatherhub.events.entities import Event
from gatherhub.events.ownership import owned
from gatherhub.events.schemas import EventChanges, EventSummary
from gatherhub.events.summaries import summarise
from gatherhub.events.words import index_words
from gatherhub.table.errors import ConditionFailed, StoreUnavailable

_ROUNDS = 5  # edits of one event that may get in each other's way


def update(user_id: int, event_id: int, changes: EventChanges) -> EventSummary:
    """Change the fields that were sent and return the event; the caller must have created it.

    What changes nothing is not written. Problem `not_found`, `permission_denied`, or
    `validation_error` for a limit below the present number of participants. Two requests, and one
    more for each edit by someone else at the same time.
    """
    events, people = store.find_with_people([event_id], [user_id])
    event = owned(events.get(event_id), user_id)
    for _ in range(_ROUNDS):
        edited = _edited(event, changes)
        if edited == event:
            break
        try:
            store.replace(event, edited)
        except ConditionFailed as failure:
            event = owned(store.present_after(failure), user_id)
        else:
            event = edited
            break
    else:
        raise StoreUnavailable("the event changed again and again")
    return summarise(event, people[user_id], clock.now())


def _edited(event: Event, changes: EventChanges) -> Event:
    sent = {name: getattr(changes, name) for name in changes.model_fields_set}
    edited = event.model_copy(update=sent)
    if edited == event:
        return event
    limit = edited.max_participants
    if limit is not None and limit < event.current_participants:
        raise invalid("max_participants", f"{event.current_participants} people take part already.")
    return edited.model_copy(
        update={
            "updated_at": clock.now(),
            "version": event.version + 1,
            "words": index_words(edited.title, edited.description),
        }
    )
