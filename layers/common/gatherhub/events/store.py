"""Events in the table: an event and all that belongs to it share one partition."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gatherhub.accounts import people
from gatherhub.accounts.people import Person
from gatherhub.events import rows
from gatherhub.events.entities import Event, Participation, TaskPointer, VotePointer
from gatherhub.table import keys
from gatherhub.table.conditions import (
    Condition,
    absent,
    below,
    both,
    differs,
    either,
    equal,
    less,
    present,
)
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.items import Item
from gatherhub.table.lists import LAST
from gatherhub.table.reads import get, get_many, query, query_range
from gatherhub.table.writes import Delete, Put, Update, delete_all, transact

EVENT = "event"
PARTICIPANT = "participant"
TASK = "task_of_event"
VOTE = "vote_of_event"

_AT_ONCE = 1_000  # participations that are removed in one round
_EDITED = {
    "title",
    "description",
    "date",
    "location",
    "max_participants",
    "updated_at",
    "version",
    "words",
}


@dataclass(frozen=True)
class EventWithRows:
    """An event and what belongs to it, as one Query returns them; each sorted by id."""

    event: Event
    participations: Sequence[Participation]
    tasks: Sequence[TaskPointer]
    votes: Sequence[VotePointer]


def add(event: Event, participation: Participation) -> None:
    """Store a new event with its first participant, its rows in lists and its words.

    ConditionFailed when the id is taken. One transaction of six actions and one for each word.
    """
    transact(
        [
            Put(keys.event(event.id), {keys.KIND: EVENT, **event.model_dump()}, when=absent()),
            _put(participation),
            *rows.add(event),
        ]
    )


def replace(old: Event, new: Event) -> None:
    """Store an edit of an event, but neither its participants nor their count.

    ConditionFailed when it was edited meanwhile or has too many participants by now
    (`present_after` has it as it is). One transaction of up to 99 actions.
    """
    unedited = equal("version", old.version)
    limit = new.max_participants
    fits = unedited if limit is None else both(unedited, below("current_participants", limit + 1))
    edit = Update(keys.event(old.id), assign=new.model_dump(include=_EDITED), when=fits)
    transact([edit, *rows.replace(old, new)])


def remove(event: Event) -> None:
    """Remove an event from the table, its lists and the index; the rest of it follows.

    ConditionFailed when it was edited meanwhile (`present_after` has it as it is). One transaction
    of five actions and one for each word.
    """
    unedited = equal("version", event.version)
    transact([Delete(keys.event(event.id), when=unedited), *rows.remove(event)])


def present_after(failure: ConditionFailed) -> Event | None:
    """Return the event as it stood when `replace` or `remove` failed, or None."""
    item = failure.items[0]
    return Event.model_validate(item) if item else None


def join(participation: Participation) -> None:
    """Add a participant and count it, both or neither.

    ConditionFailed at the event (0) when it is gone or full, at the participation (1) when there
    is one already. One transaction of two actions.
    """
    open_to_all = equal("max_participants", None)
    free = either(open_to_all, less("current_participants", "max_participants"))
    count = Update(
        keys.event(participation.event_id),
        add={"current_participants": 1},
        assign={"counted_user_id": participation.user_id},
        when=both(present(), free),
    )
    transact([count, _put(participation, absent())])


def leave(event_id: int, user_id: int) -> None:
    """Remove a participant and count it off, both or neither.

    ConditionFailed at the event (0) when it is gone or the user's own, at the participation (1)
    when there is none. One transaction of two actions.
    """
    count = Update(
        keys.event(event_id),
        add={"current_participants": -1},
        assign={"counted_user_id": user_id},
        when=both(present(), differs("creator_id", user_id)),
    )
    transact([count, Delete(keys.participant(event_id, user_id), when=present())])


def find(event_id: int) -> Event | None:
    """Return an event, or None. One request."""
    item = get(keys.event(event_id))
    return Event.model_validate(item) if item else None


def find_with_people(
    event_ids: Iterable[int], user_ids: Iterable[int]
) -> tuple[dict[int, Event], dict[int, Person]]:
    """Return the events that exist and the people, by their ids.

    One request for each hundred events and people, side by side.
    """
    wanted = {event_id: keys.event(event_id) for event_id in event_ids}
    users = list(user_ids)
    found = get_many([*wanted.values(), *map(keys.user, users)])
    events = {
        event_id: Event.model_validate(found[key])
        for event_id, key in wanted.items()
        if key in found
    }
    return events, people.among(users, found)


def load(event_id: int) -> EventWithRows | None:
    """Return an event with its rows, or None. One request per megabyte."""
    by_kind: dict[str, list[Item]] = {}
    for row in query(keys.event(event_id).pk):
        by_kind.setdefault(row[keys.KIND], []).append(row)
    if EVENT not in by_kind:
        return None
    [event] = by_kind[EVENT]
    return EventWithRows(
        event=Event.model_validate(event),
        participations=[Participation.model_validate(r) for r in by_kind.get(PARTICIPANT, [])],
        tasks=[TaskPointer.model_validate(r) for r in by_kind.get(TASK, [])],
        votes=[VotePointer.model_validate(r) for r in by_kind.get(VOTE, [])],
    )


def remove_participations(event_id: int) -> None:
    """Remove the participations of an event that is gone.

    A Query for each thousand and one more, and a BatchWriteItem for each 25.
    """
    partition, prefix = keys.participants(event_id)
    while found := query_range(partition, prefix, f"{prefix}{LAST}", limit=_AT_ONCE):
        delete_all(keys.Key(row[keys.PARTITION], row[keys.SORT]) for row in found)


def _put(participation: Participation, when: Condition | None = None) -> Put:
    key = keys.participant(participation.event_id, participation.user_id)
    return Put(key, {keys.KIND: PARTICIPANT, **participation.model_dump()}, when)
