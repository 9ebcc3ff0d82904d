"""Showing one event with all that belongs to it."""

from collections.abc import Sequence
from datetime import datetime

from gatherhub import clock
from gatherhub.accounts.people import embed
from gatherhub.errors import not_found
from gatherhub.events import store
from gatherhub.events.entities import TaskPointer, VotePointer
from gatherhub.events.schemas import EventDetails, TaskOfEvent, VoteOfEvent
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
    now = clock.now()
    summary = summarise(found.event, people[found.event.creator_id], now)
    return EventDetails(
        **dict(summary),
        participants=[people[user_id] for user_id in participants],
        tasks=_tasks(found.tasks),
        votes=_votes(found.votes, now),
    )


def _in_order_of_joining(found: store.EventWithRows) -> list[int]:
    """Return the participants' ids; the creator comes first, whoever joined in the same second."""
    creator_id = found.event.creator_id
    ordered = sorted(
        found.participations, key=lambda row: (row.user_id != creator_id, row.joined_at)
    )
    return [row.user_id for row in ordered]


def _tasks(pointers: Sequence[TaskPointer]) -> list[TaskOfEvent]:
    """Return the tasks, newest first as in their list."""
    return [TaskOfEvent(id=p.id, title=p.title, status=p.status) for p in reversed(pointers)]


def _votes(pointers: Sequence[VotePointer], moment: datetime) -> list[VoteOfEvent]:
    """Return the votes as they stand at `moment`, newest first."""
    now = clock.to_text(moment)
    return [
        VoteOfEvent(id=p.id, title=p.title, status="active" if p.end > now else "ended")
        for p in reversed(pointers)
    ]
