"""Pages of events, by any combination of filters.

Dates and statuses are ranges of a list, and the list of all events is counted, so that a page
costs the same anywhere in it. The lists of one person and of one search are read whole and
filtered here: they are as long as what that person created, or that search finds.
"""

from dataclasses import dataclass
from datetime import datetime

from gatherhub import clock
from gatherhub.events import rows, store
from gatherhub.events.schemas import EventFilter, EventSummary
from gatherhub.events.status import range_of
from gatherhub.events.summaries import summarise
from gatherhub.events.words import query_words
from gatherhub.table.lists import ALWAYS, FIRST, LAST, Range


@dataclass(frozen=True)
class Found:
    """The events of one page, and how many there are on all pages."""

    events: list[EventSummary]
    count: int


def find(wanted: EventFilter, offset: int, size: int) -> Found:
    """Return the events `offset` to `offset + size` of those that are wanted.

    Four sequential requests: three for the place in the list, one for the events and their
    creators. Two for the events of one person or of a search, and one for each further megabyte.
    """
    now = clock.now()
    page = _page(wanted, _range(wanted, now), offset, size)
    events, people = store.find_with_people(
        [entry.id for entry in page.entries], [entry.creator_id for entry in page.entries]
    )
    # What was deleted after its row was read is left out.
    shown = [entry for entry in page.entries if entry.id in events]
    return Found([summarise(events[e.id], people[e.creator_id], now) for e in shown], page.count)


def _range(wanted: EventFilter, now: datetime) -> Range:
    start = clock.to_text(wanted.date_from.at) if wanted.date_from else FIRST
    after = wanted.date_to.after if wanted.date_to else None
    within = Range(start, clock.to_text(after) if after else LAST)
    return within.intersect(range_of(wanted.status, now) if wanted.status else ALWAYS)


def _page(wanted: EventFilter, within: Range, offset: int, size: int) -> rows.Page:
    latest_first = wanted.ordering == "-date"
    words = query_words(wanted.search)
    if words:
        entries = [
            entry
            for entry in rows.with_words(words)
            if within.start <= entry.date < within.end
            and wanted.creator in {None, entry.creator_id}
        ]
    elif wanted.creator is not None:
        entries = rows.by_creator(wanted.creator, within)
    else:
        return rows.page(within, offset, size, latest_first=latest_first)
    if latest_first:
        entries.reverse()
    return rows.Page(entries[offset : offset + size], len(entries))
