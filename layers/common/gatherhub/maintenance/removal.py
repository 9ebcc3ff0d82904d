"""Removing what belonged to something that was deleted.

An event or a vote, its rows in lists and its words went in one transaction; since then nothing of
it can be reached. What is left is removed here, in an order that keeps it from growing again:
nobody can create a task or a vote without taking part, so the participations of an event go first.
"""

from collections.abc import Callable

from gatherhub.events import store as events
from gatherhub.table.keys import KIND
from gatherhub.table.stream import Change
from gatherhub.tasks import removal as tasks
from gatherhub.voting import removal as votes
from gatherhub.voting import store as voting

Remover = Callable[[int], None]

REMOVERS: dict[str, tuple[Remover, ...]] = {
    events.EVENT: (
        events.remove_participations,
        tasks.remove_with_event,
        votes.remove_with_event,
    ),
    voting.VOTE: (votes.remove_ballots,),
}
"""What removes the belongings of each kind of thing by its id, in their order.

Each can be repeated, also after it failed halfway, and leaves what belongs to others alone.
"""


def remove_leftovers(change: Change) -> None:
    """Remove what belonged to the event or vote whose deletion a change tells of; others are none.

    TableError when something is left; doing it again removes the rest.
    """
    if change.what != "REMOVE" or not change.old:
        return
    for remove in REMOVERS.get(change.old.get(KIND, ""), ()):
        remove(change.old["id"])
