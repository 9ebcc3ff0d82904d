"""Showing one event with all that belongs to it."""

from gatherhub import clock
from gatherhub.accounts.people import embed
from gatherhub.errors import not_found
from gatherhub.events import store
from gatherhub.events.schemas import EventDetails
from gatherhub.events.summaries import summarise


def show(event_id: int) -> EventDetails:
    """Return an event; Problem `not_found` when there is none.

    Two requests, and one more for each further hundred people or megabyte.
    """
    found = store.load(event_id)
    if found is None:
        raise not_found("event")
    participants = _in_order_of_joining(found)
    people = embed([found.event.creator_id, *participants])
    summary = summarise(found.event, people[found.event.creator_id], clock.now())
    return EventDetails(
        **dict(summary),
        participants=[people[user_id] for user_id in participants],
        tasks=[],
        votes=[],
    )


def _in_order_of_joining(found: store.EventWithRows) -> list[int]:
    """Return the participants' ids; the creator comes first, whoever joined in the same second."""
    creator_id = found.event.creator_id
    ordered = sorted(
        found.participations, key=lambda row: (row.user_id != creator_id, row.joined_at)
    )
    return [row.user_id for row in ordered]
