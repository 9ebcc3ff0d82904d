"""Where an event stands besides its own partition: in lists and in the search index.

All of it is written in the transactions that write the event, so that lists, counts and search
are never behind.

    LIST#events                <date>#<id>    every event; counted
    LIST#events:creator:<id>   <date>#<id>    those of one person
    WORD#<first letter>        <word>#<id>    the index; `date` and `creator_id` let it be filtered
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gatherhub import clock
from gatherhub.events.entities import Event
from gatherhub.parallel import each
from gatherhub.table import keys, lists
from gatherhub.table.items import Item
from gatherhub.table.lists import List, Position, Range, Row
from gatherhub.table.reads import query
from gatherhub.table.writes import Action, Delete, Put

_EVENTS = List("events", shards=8)


class Entry(NamedTuple):
    """An event in a list, in the order of lists: by date, then by id."""

    date: str
    id: int
    creator_id: int


@dataclass(frozen=True)
class Page:
    """A part of a list, and how many entries the whole has."""

    entries: Sequence[Entry]
    count: int


def add(event: Event) -> list[Action]:
    """Return the actions that put a new event into lists and index."""
    row = _row(event)
    return [*lists.add(_EVENTS, row), *lists.add(_of(event.creator_id), row), *_put_words(event)]


def remove(event: Event) -> list[Action]:
    """Return the actions that take an event out of lists and index."""
    position = _row(event).position
    return [
        *lists.remove(_EVENTS, position),
        *lists.remove(_of(event.creator_id), position),
        *(Delete(keys.word(word, event.id)) for word in event.words),
    ]


def replace(old: Event, new: Event) -> list[Action]:
    """Return the actions that let an event stand where it does after an edit."""
    gone = [word for word in old.words if word not in new.words]
    # A row of the index carries the date, so all of them change with it.
    kept = old.words if old.date == new.date else ()
    return [
        *lists.replace(_EVENTS, _row(old), _row(new)),
        *lists.replace(_of(new.creator_id), _row(old), _row(new)),
        *(Delete(keys.word(word, old.id)) for word in gone),
        *(_put_word(new, word) for word in new.words if word not in kept),
    ]


def page(within: Range, offset: int, size: int, *, latest_first: bool) -> Page:
    """Return a part of the list of all events. Up to three sequential requests."""
    found = lists.page(_EVENTS, within, offset, size, latest_first=latest_first)
    return Page([_entry(row) for row in found.rows], found.count)


def by_creator(user_id: int, within: Range) -> list[Entry]:
    """Return the events of one person in a range of dates, by date. One request per megabyte."""
    return [_entry(row) for row in lists.whole(_of(user_id), within, latest_first=False)]


def with_words(words: Sequence[str]) -> list[Entry]:
    """Return the events that have a word beginning with each of `words`, by date.

    One request per word and per megabyte of what begins with it (some eight thousand rows), the
    words side by side.
    """
    first, *others = each(_with_word, words)
    ids = set(first).intersection(*others)
    return sorted(first[event_id] for event_id in ids)


def _with_word(word: str) -> dict[int, Entry]:
    return {row["id"]: _entry(row) for row in query(keys.word_partition(word), word)}


def _entry(row: Item) -> Entry:
    return Entry(row["date"], row["id"], row["creator_id"])


def _row(event: Event) -> Row:
    return Row(Position(clock.to_text(event.date), event.id), _data(event))


def _put_words(event: Event) -> list[Put]:
    return [_put_word(event, word) for word in event.words]


def _put_word(event: Event, word: str) -> Put:
    return Put(keys.word(word, event.id), {keys.KIND: "word", "id": event.id, **_data(event)})


def _data(event: Event) -> dict[str, int | str]:
    return {"date": clock.to_text(event.date), "creator_id": event.creator_id}


def _of(user_id: int) -> List:
    return List(f"events:creator:{user_id}")
