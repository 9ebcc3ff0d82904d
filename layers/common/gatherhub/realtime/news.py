"""What a change means: its messages, and what has to be read before they can be written.

Reading comes in between so that it is done once for a whole batch, in one step.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from gatherhub import clock
from gatherhub.accounts.people import Person, person
from gatherhub.events.entities import Event
from gatherhub.parallel import each
from gatherhub.realtime.messages import MessageType
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.keys import Key
from gatherhub.table.reads import get_many
from gatherhub.voting import store as voting
from gatherhub.voting.store import VoteWithTotals

DELETED = "(deleted)"
"""The title shown for an event that is gone."""


class Facts:
    """What was read for a batch. All of it is younger than the batch's changes.

    Items are looked into only when they are asked for, so that a malformed one (ValueError,
    KeyError or TypeError) is in nobody else's way.
    """

    def __init__(self, items: Mapping[Key, Item], votes: Mapping[int, Sequence[Item]]) -> None:
        self.items = items
        self._votes = votes

    def person(self, user_id: int) -> Person:
        """Return somebody by their present name; a placeholder when the account is gone."""
        return person(user_id, self.items.get(keys.user(user_id)))

    def has_event(self, event_id: int) -> bool:
        """Tell whether an event still exists."""
        return keys.event(event_id) in self.items

    def event(self, event_id: int) -> Event:
        """Return an event; a placeholder when it is gone."""
        if self.has_event(event_id):
            return Event.model_validate(self.items[keys.event(event_id)])
        return _deleted(event_id)

    def vote(self, vote_id: int) -> VoteWithTotals | None:
        """Return a vote with its totals; None when it is gone."""
        return voting.with_totals(self._votes[vote_id])


@dataclass(frozen=True)
class Needs:
    """What has to be read to tell of a change: items, and votes with their totals by their ids."""

    items: tuple[Key, ...] = ()
    votes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Statement:
    """What one message is to say, and which event it concerns."""

    type: MessageType
    event_id: int
    data: Mapping[str, Any]


@dataclass(frozen=True)
class News:
    """A change that is to be told: what `tell` needs to know for it to return the messages."""

    needs: Needs
    tell: Callable[[Facts], Sequence[Statement]]


def known(statement: Statement) -> News:
    """Return news that take no reading."""
    return News(Needs(), lambda _: [statement])


def gather(wanted: Iterable[Needs]) -> Facts:
    """Read all that is needed. One step: a request for each hundred items, and one for each vote.

    TableError when something could not be read.
    """
    needs = list(wanted)
    items = [key for need in needs for key in need.items]
    votes = list(dict.fromkeys(vote_id for need in needs for vote_id in need.votes))
    reads: list[Callable[[], Iterable[Item]]] = [lambda: get_many(items).values()]
    reads += [partial(voting.rows_of, vote_id) for vote_id in votes]
    found, *rows = each(lambda read: list(read()), reads)
    by_key = {Key(item[keys.PARTITION], item[keys.SORT]): item for item in found}
    return Facts(by_key, dict(zip(votes, rows, strict=True)))


def _deleted(event_id: int) -> Event:
    long_ago = clock.from_epoch(0)
    return Event(
        id=event_id,
        creator_id=0,
        title=DELETED,
        description="",
        date=long_ago,
        location="",
        max_participants=None,
        current_participants=0,
        created_at=long_ago,
        updated_at=long_ago,
        version=0,
        words=(),
    )
