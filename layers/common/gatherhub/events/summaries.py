"""An event as lists and messages show it."""

from datetime import datetime

from gatherhub.accounts.people import Person
from gatherhub.events.entities import Event
from gatherhub.events.schemas import EventSummary
from gatherhub.events.status import status_at


def summarise(event: Event, creator: Person, moment: datetime) -> EventSummary:
    """Return the event as it is at `moment`."""
    return EventSummary(
        id=event.id,
        title=event.title,
        description=event.description,
        date=event.date,
        location=event.location,
        max_participants=event.max_participants,
        current_participants=event.current_participants,
        status=status_at(event.date, moment),
        creator=creator,
        created_at=event.created_at,
        updated_at=event.updated_at,
    )
