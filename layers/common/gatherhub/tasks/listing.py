"""Listing tasks, newest first, by any combination of filters.

The list with the fewest rows that can hold the answer is read: one event's, one person's, or those
due in a range, whole, for the other filters to be applied to; else a page of all tasks or of those
in one status, by their counters.
"""

from operator import itemgetter

from gatherhub import clock
from gatherhub.table import keys, lists
from gatherhub.table.items import Item
from gatherhub.table.lists import ALWAYS, Range
from gatherhub.table.reads import query
from gatherhub.tasks import context, rows
from gatherhub.tasks.schemas import TaskFilter, TaskSummary
from gatherhub.tasks.summaries import summarise


def find(wanted: TaskFilter, offset: int, size: int) -> tuple[int, list[TaskSummary]]:
    """Return how many tasks fit the filter, and `size` of them from `offset` on.

    Four requests, one after the other, without a filter or with a status alone. Otherwise two, and
    one more for each megabyte (some five thousand tasks) of the list that is read whole.

    Tasks of an event that has just been deleted are not shown. Until they are removed, seconds
    later, pages on which they would have been are shorter.
    """
    count, found = _rows(wanted, offset, size)
    shown = context.of_rows(found)
    if found and not shown and wanted.event is not None:
        return 0, []  # the event itself is gone
    return count - (len(found) - len(shown)), [summarise(entry) for entry in shown]


def _rows(wanted: TaskFilter, offset: int, size: int) -> tuple[int, list[Item]]:
    due = _due(wanted)
    if wanted.event is None and wanted.assignee is None and not _dated(wanted):
        target = rows.in_status(wanted.status) if wanted.status else rows.ALL
        page = lists.page(target, ALWAYS, offset, size, latest_first=True)
        return page.count, page.rows
    fitting = [row for row in _candidates(wanted, due) if _fits(row, wanted, due)]
    fitting.sort(key=itemgetter("created_at", "id"), reverse=True)
    return len(fitting), fitting[offset : offset + size]


def _candidates(wanted: TaskFilter, due: Range) -> list[Item]:
    if due.empty:
        return []
    if wanted.event is not None:
        return query(keys.event(wanted.event).pk, keys.TASK_OF_EVENT)
    if wanted.assignee is not None:
        return lists.whole(rows.assigned_to(wanted.assignee), latest_first=True)
    return lists.whole(rows.DUE, due, latest_first=True)


def _fits(row: Item, wanted: TaskFilter, due: Range) -> bool:
    return bool(
        wanted.status in {None, row["status"]}
        and wanted.assignee in {None, row["assignee_id"]}
        and (not _dated(wanted) or (row["due_date"] and due.start <= row["due_date"] < due.end))
    )


def _dated(wanted: TaskFilter) -> bool:
    # Not `due == ALWAYS`: a filter up to the last day of all still asks for a due date.
    return wanted.due_date_from is not None or wanted.due_date_to is not None


def _due(wanted: TaskFilter) -> Range:
    """Return the due dates that are asked for, those of a day up to the next."""
    start, end = wanted.due_date_from, wanted.due_date_to
    return Range(
        clock.to_text(start.at) if start else lists.FIRST,
        clock.to_text(end.after) if end and end.after else lists.LAST,
    )
