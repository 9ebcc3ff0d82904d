"""What is told of events.

All of it comes from the event's own item, that people come and go too: changes of one item keep
their order, those of several may not.
"""

from gatherhub import clock
from gatherhub.events.entities import Event
from gatherhub.events.summaries import summarise
from gatherhub.realtime.messages import MessageType
from gatherhub.realtime.news import Facts, Needs, News, Statement, known
from gatherhub.table import keys
from gatherhub.table.stream import Change


def of_event(change: Change) -> News | None:
    """Return what to tell of an event that came, changed or went; ValueError if it is none."""
    if change.what == "REMOVE":
        event_id = Event.model_validate(change.old).id
        return known(Statement(MessageType.EVENT_DELETED, event_id, {"event_id": event_id}))
    event = Event.model_validate(change.new)
    if change.what == "INSERT":
        return _shown(MessageType.EVENT_CREATED, event, change)
    old = Event.model_validate(change.old)
    if event.version != old.version:
        return _shown(MessageType.EVENT_UPDATED, event, change)
    if event.current_participants > old.current_participants:
        return _counted(MessageType.EVENT_JOINED, event)
    if event.current_participants < old.current_participants:
        return _counted(MessageType.EVENT_LEFT, event)
    return None


def _shown(message_type: MessageType, event: Event, change: Change) -> News:
    def tell(facts: Facts) -> list[Statement]:
        # As it was at the time of the change, so that a retry tells the same.
        summary = summarise(event, facts.person(event.creator_id), clock.from_epoch(change.at))
        return [Statement(message_type, event.id, summary.model_dump(mode="json"))]

    return News(Needs(items=(keys.user(event.creator_id),)), tell)


def _counted(message_type: MessageType, event: Event) -> News:
    user_id = event.counted_user_id
    if user_id is None:
        raise ValueError("it does not say who was counted")

    def tell(facts: Facts) -> list[Statement]:
        data = {
            "event_id": event.id,
            "current_participants": event.current_participants,
            "user": facts.person(user_id).model_dump(mode="json"),
        }
        return [Statement(message_type, event.id, data)]

    return News(Needs(items=(keys.user(user_id),)), tell)
