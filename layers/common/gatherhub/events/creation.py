"""Creating an event."""

from gatherhub import clock
from gatherhub.accounts.people import caller
from gatherhub.events import store
from gatherhub.events.entities import Event, Participation
from gatherhub.events.schemas import EventSummary, NewEvent
from gatherhub.events.summaries import summarise
from gatherhub.ids import new_id
from gatherhub.table.errors import ConditionFailed, StoreUnavailable

_DRAWS = 5  # a second one is needed once in 4,096 events of the same millisecond


def create(creator_id: int, request: NewEvent) -> EventSummary:
    """Create an event whose creator is its first participant, and return it. Two requests.

    Problem `token_invalid` when the creator's account is gone.
    """
    # Read before the write, so that nothing can fail after it.
    creator = caller(creator_id)
    event = _add(creator_id, request)
    return summarise(event, creator, event.created_at)


def _add(creator_id: int, request: NewEvent) -> Event:
    now = clock.now()
    for _ in range(_DRAWS):
        event = Event(
            id=new_id(),
            creator_id=creator_id,
            title=request.title,
            description=request.description,
            date=request.date,
            location=request.location,
            max_participants=request.max_participants,
            current_participants=1,
            created_at=now,
            updated_at=now,
        )
        first = Participation(event_id=event.id, user_id=creator_id, joined_at=now)
        try:
            store.add(event, first)
        except ConditionFailed:  # the id is taken
            continue
        return event
    raise StoreUnavailable("no free id was found")
