"""What a change of the table means to those who listen, if anything."""

from dataclasses import dataclass

from pydantic import ValidationError

from gatherhub import clock
from gatherhub.accounts.people import embed
from gatherhub.events.entities import Event
from gatherhub.events.store import EVENT
from gatherhub.events.summaries import summarise
from gatherhub.realtime.audiences import Topic
from gatherhub.realtime.messages import Message, MessageType, telling
from gatherhub.table.keys import KIND
from gatherhub.table.stream import Change, MalformedRecord


@dataclass(frozen=True)
class Announcement:
    """A message, and whom it concerns: the listeners of a topic and of an event in it."""

    message: Message
    topic: Topic
    event_id: int


def announcement(change: Change) -> Announcement | None:
    """Return what is to be told of a change, or None when it is bookkeeping.

    MalformedRecord when the item is not what its kind says.
    """
    if change.what == "INSERT" and change.new and change.new.get(KIND) == EVENT:
        return _event_created(change)
    return None


def _event_created(change: Change) -> Announcement:
    try:
        event = Event.model_validate(change.new)
    except ValidationError as error:
        raise MalformedRecord(f"{change.key.pk} is not an event: {error}") from error
    creator = embed([event.creator_id])[event.creator_id]
    # As it was at the time of the change, so that a retry tells the same.
    summary = summarise(event, creator, clock.from_epoch(change.at))
    message = telling(change, MessageType.EVENT_CREATED, summary.model_dump(mode="json"))
    return Announcement(message, Topic.EVENTS, event.id)
