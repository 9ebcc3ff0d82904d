"""Events in the table: an event and all that belongs to it share one partition."""

from collections.abc import Sequence
from dataclasses import dataclass

from gatherhub.events.entities import Event, Participation
from gatherhub.table import keys
from gatherhub.table.conditions import absent
from gatherhub.table.reads import query
from gatherhub.table.writes import Put, transact

EVENT = "event"
PARTICIPANT = "participant"


@dataclass(frozen=True)
class EventWithRows:
    """An event and what belongs to it, as one Query returns them."""

    event: Event
    participations: Sequence[Participation]


def add(event: Event, participation: Participation) -> None:
    """Store a new event with its first participant, both or neither.

    ConditionFailed when the id is taken. One request, four write units and more for long texts.
    """
    transact(
        [
            Put(keys.event(event.id), {keys.KIND: EVENT, **event.model_dump()}, when=absent()),
            Put(
                keys.participant(event.id, participation.user_id),
                {keys.KIND: PARTICIPANT, **participation.model_dump()},
            ),
        ]
    )


def load(event_id: int) -> EventWithRows | None:
    """Return an event with its rows, or None. One request per megabyte."""
    rows = query(keys.event(event_id).pk)
    event = next((row for row in rows if row[keys.KIND] == EVENT), None)
    if event is None:
        return None
    participants = (row for row in rows if row[keys.KIND] == PARTICIPANT)
    return EventWithRows(
        event=Event.model_validate(event),
        participations=[Participation.model_validate(row) for row in participants],
    )
