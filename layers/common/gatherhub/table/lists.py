"""Ordered lists in the table: a page at any depth for the same few requests, and exact counts.

A list is a partition of small rows that sort by a moment and an id. A *counted* list also keeps, in
the transaction that writes a row, how many rows lie in each month and in each hour. A page is found
by reading the months, then the hours of the one month in which it begins, then the rows from that
hour on: nobody reads the rows before it. What ranges over the moment (a status that follows the
clock, a date filter) is a range of the list and costs no more.

Lists of one person or one event stay small; they are not counted but read whole (`whole`).

    pk                 sk                          what
    LIST#<name>        <moment>#<id>               a row: `id` and what filters and embeds need
    COUNT#<name>       M#2026-11#<shard>           `n` rows in that month (or decade: M#150)
    COUNT#<name>       D#2026-11-22#<shard>        `h00` … `h23`: rows in each hour of that day

Counters are sharded, since all that is created now lands in the same hour.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

from gatherhub.ids import sortable
from gatherhub.parallel import each
from gatherhub.table import keys
from gatherhub.table.items import Item, Value
from gatherhub.table.reads import query, query_range
from gatherhub.table.writes import Action, Delete, Put, Update

DECADE = len("202")
MONTH = len("2026-11")
DAY = len("2026-11-22")
HOUR = len("2026-11-22T13")
FIRST = "0"
LAST = "~"  # after every moment and every id

# Seventy years around now, and around where votes without an end stand.
_NEAR = (("199", "206"), ("899", "906"))

_ALL = "n"
_HOUR = "h"
_HOURS = frozenset(f"{_HOUR}{hour:02d}" for hour in range(24))

T = TypeVar("T")


class Position(NamedTuple):
    """Where a row stands: `moment` as `clock.to_text` writes it, then `id`."""

    moment: str
    id: int

    @property
    def sort_key(self) -> str:
        """Return the position as a sort key."""
        return f"{self.moment}#{sortable(self.id)}"


class Range(NamedTuple):
    """The moments from `start` up to, but not including, `end` (texts of `clock.to_text`)."""

    start: str = FIRST
    end: str = LAST

    def intersect(self, other: "Range") -> "Range":
        """Return the moments that lie in both."""
        return Range(max(self.start, other.start), min(self.end, other.end))

    def overlaps(self, hour: str) -> bool:
        """Tell whether some moment of an hour (`2026-11-22T13`) lies in it."""
        return self.start < f"{hour}{LAST}" and hour < self.end

    def covers(self, hour: str) -> bool:
        """Tell whether every moment of an hour lies in it."""
        return self.start <= f"{hour}:00:00Z" and f"{hour}:59:59Z" < self.end

    @property
    def empty(self) -> bool:
        """Tell whether no moment can lie in it."""
        return self.start >= self.end


ALWAYS = Range()


@dataclass(frozen=True)
class List:
    """One list; `shards` is how many counters share the work of a busy hour, 0 for uncounted."""

    name: str
    shards: int = 0


@dataclass(frozen=True)
class Row:
    """A row of a list and what it carries besides its id."""

    position: Position
    data: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page: its rows, and how many rows the whole range has."""

    rows: list[Item]
    count: int


def add(target: List, row: Row) -> list[Action]:
    """Return the actions that put a new row into a list. One, and two more if it is counted."""
    return [_put(target, row), *_count(target, None, row.position)]


def remove(target: List, position: Position) -> list[Action]:
    """Return the actions that take a row out of a list."""
    return [_delete(target, position), *_count(target, position, None)]


def replace(target: List, old: Row, new: Row) -> list[Action]:
    """Return the actions that turn a row into another: none, one, or those of a move."""
    if old == new:
        return []
    if old.position == new.position:
        return [_put(target, new)]
    return [
        _delete(target, old.position),
        _put(target, new),
        *_count(target, old.position, new.position),
    ]


def whole(target: List, within: Range = ALWAYS, *, latest_first: bool) -> list[Item]:
    """Return all rows of a range. One request per megabyte (some eight thousand rows)."""
    if within.empty:
        return []
    return query_range(
        keys.list_partition(target.name), within.start, within.end, reverse=latest_first
    )


def page(target: List, within: Range, offset: int, size: int, *, latest_first: bool) -> Page:
    """Return the rows `offset` to `offset + size` of a range of a counted list, and its count.

    Three steps, each of parallel requests: the months with the edges of the range, the hours of
    the month in which the page begins (unless an edge has told them), the rows.
    """
    if within.empty:
        return Page([], 0)
    tally = _Tally(target, within)
    count = tally.total()
    if offset >= count:
        return Page([], count)
    place = tally.locate(offset, latest_first=latest_first)
    if place is None:
        return Page([], count)
    start, skip = place
    rows = query_range(
        keys.list_partition(target.name),
        within.start if latest_first else start,
        start if latest_first else within.end,
        reverse=latest_first,
        limit=skip + size,
    )
    return Page(rows[skip:], count)


class _Tally:
    """How many rows of a range lie in which month, and in which hour of a month."""

    def __init__(self, target: List, within: Range) -> None:
        self._rows = keys.list_partition(target.name)
        self._counters = keys.count_partition(target.name)
        self._within = within
        edges = [edge for edge in within if edge not in {FIRST, LAST}]
        months = {_month(edge) for edge in edges}
        # Of an hour that an edge cuts no counter tells what lies on which side. Its rows are read
        # at once with the counters, so that a cut costs no step more.
        cut = {edge[:HOUR] for edge in edges if not within.covers(edge[:HOUR])}
        found = _together(
            {"": self._months_of_list}
            | {month: partial(self._hours, month) for month in months}
            | {hour: partial(self._rows_in, hour) for hour in cut}
        )
        self._hours_of = {
            month: found[month] | {hour: found[hour][hour] for hour in cut & found[month].keys()}
            for month in months
        }
        self._months = {
            month: n
            for month, n in found[""].items()
            if within.start < f"{month}{LAST}" and month < within.end
        }
        for month in self._months.keys() & months:
            self._months[month] = sum(self._hours_of[month].values())

    def total(self) -> int:
        return sum(self._months.values())

    def locate(self, offset: int, *, latest_first: bool) -> tuple[str, int] | None:
        """Return from which moment to read, and how many rows from there to pass over.

        None when the rows there were removed while we counted.
        """
        found = _find(self._months, offset, reverse=latest_first)
        if found is None:
            return None
        month, offset = found
        hours = self._hours_of.get(month) or self._hours(month)
        found = _find(hours, offset, reverse=latest_first)
        if found is None:
            return None
        hour, offset = found
        if latest_first:
            return min(f"{hour}{LAST}", self._within.end), offset
        return max(hour, self._within.start), offset

    def _months_of_list(self) -> dict[str, int]:
        """Return the rows in each month."""
        months: Counter[str] = Counter()
        for item in query(self._counters, "M#"):
            months[item[keys.SORT][2:].rsplit("#", 1)[0]] += item[_ALL]
        return months

    def _hours(self, month: str) -> dict[str, int]:
        """Return the rows in each hour of a month that the range touches."""
        hours: Counter[str] = Counter()
        for item in query(self._counters, f"D#{month}"):
            day = item[keys.SORT][2 : 2 + DAY]
            for attribute in item.keys() & _HOURS:
                hours[f"{day}T{attribute.removeprefix(_HOUR)}"] += item[attribute]
        return {hour: n for hour, n in hours.items() if self._within.overlaps(hour)}

    def _rows_in(self, hour: str) -> dict[str, int]:
        """Return the rows of the range in one hour."""
        within = self._within.intersect(Range(hour, f"{hour}{LAST}"))
        rows = query_range(self._rows, within.start, within.end)
        return {hour: len(rows)}


def _find(counts: Mapping[str, int], offset: int, *, reverse: bool) -> tuple[str, int] | None:
    for bucket in sorted(counts, reverse=reverse):
        if offset < counts[bucket]:
            return bucket, offset
        offset -= counts[bucket]
    return None


def _together(requests: Mapping[str, Callable[[], T]]) -> dict[str, T]:
    results = each(lambda request: request(), requests.values())
    return dict(zip(requests, results, strict=True))


def _put(target: List, row: Row) -> Put:
    item = {"id": row.position.id, keys.KIND: "row", **row.data}
    return Put(keys.list_row(target.name, row.position.sort_key), item)


def _delete(target: List, position: Position) -> Delete:
    return Delete(keys.list_row(target.name, position.sort_key))


def _count(target: List, old: Position | None, new: Position | None) -> Iterator[Action]:
    """Yield the updates of the counters; a move within a bucket needs none."""
    if not target.shards:
        return
    shard = random.randrange(target.shards)  # noqa: S311  (spreads load, guards nothing)
    counters: dict[str, Counter[str]] = {}
    for change, position in ((-1, old), (1, new)):
        for bucket, attribute in _cells(position) if position else ():
            counters.setdefault(bucket, Counter())[attribute] += change
    for bucket, changes in sorted(counters.items()):
        if any(changes.values()):
            yield Update(
                keys.counter(target.name, bucket, shard),
                add={attribute: change for attribute, change in changes.items() if change},
                assign={keys.KIND: "counter"},
            )


def _month(moment: str) -> str:
    """Return the month in which a moment is counted, or the decade if it is far away.

    Whoever plans for the year 1500 or 9000 shall not make everybody read thousands of counters.
    """
    near = any(first <= moment < end for first, end in _NEAR)
    return moment[:MONTH] if near else moment[:DECADE]


def _cells(position: Position) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return where a position is counted: in its month's item, and in its day's by the hour."""
    moment = position.moment
    return ("M#" + _month(moment), _ALL), ("D#" + moment[:DAY], _HOUR + moment[DAY + 1 : HOUR])
