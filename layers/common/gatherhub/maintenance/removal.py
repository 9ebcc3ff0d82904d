"""Removing what belonged to a deleted event.

The event itself, its rows in lists and its words went in one transaction; since then nothing of it
can be reached. What is left is removed here, in an order that keeps it from growing again: nobody
can create a task or a vote without taking part, so the participations go first.
"""

from collections.abc import Callable

from gatherhub.events import store
from gatherhub.table.keys import KIND
from gatherhub.table.stream import Change

Remover = Callable[[int], None]

REMOVERS: tuple[Remover, ...] = (store.remove_participations,)
"""What removes the belongings of an event by its id, in their order.

Each can be repeated, also after it failed halfway, and leaves other events alone.
"""


def remove_leftovers(change: Change) -> None:
    """Remove what belonged to the event whose deletion a change tells of; others are none.

    TableError when something is left; doing it again removes the rest.
    """
    if change.what != "REMOVE" or not change.old or change.old.get(KIND) != store.EVENT:
        return
    for remove in REMOVERS:
        remove(change.old["id"])
