"""Votes in the table: what lies where, and the transactions that keep it consistent.

A vote's totals are spread over items that lie with it. Each says in `end` until when it counts
ballots, so that a ballot need not touch the vote, at which all others would wait as well.
"""

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gatherhub import clock
from gatherhub.table import keys, lists
from gatherhub.table.conditions import Condition, above, absent, both, equal, present
from gatherhub.table.items import Item, Value
from gatherhub.table.keys import Key
from gatherhub.table.lists import List, Position, Row
from gatherhub.table.reads import get, query
from gatherhub.table.writes import Action, Check, Delete, Put, Update, delete_all, transact
from gatherhub.voting.entities import Ballot, Totals, Vote, counter, item_of

VOTE = "vote"
TALLY = "tally"
BALLOT = "ballot"
VOTE_OF_EVENT = "vote_of_event"

VOTES = List("votes", shards=8)
"""All votes by their end. Its rows also say whether the end has been noted (`closed`)."""

_PARTICIPANTS_PER_SHARD = 50
_MOST_SHARDS = 16
_SHUT = ""  # as the `end` of a shard: before every moment, whatever a clock says


class VoteWithTotals(NamedTuple):
    """A vote and what its ballots add up to, as one Query returns them."""

    vote: Vote
    totals: Totals


def votes_by(creator_id: int) -> List:
    """Return the list of the votes that a user has created."""
    return List(f"votes:creator:{creator_id}")


def shards_for(participants: int) -> int:
    """Return over how many items the totals of so many voters are spread."""
    return min(_MOST_SHARDS, max(1, -(-participants // _PARTICIPANTS_PER_SHARD)))


def tallies(vote_id: int, shards: int) -> list[Key]:
    """Return the keys of a vote's totals."""
    return [keys.tally(vote_id, shard) for shard in range(shards)]


def get_vote(vote_id: int) -> Vote | None:
    """Return a vote, or None. One request."""
    item = get(keys.vote(vote_id))
    return Vote.model_validate(item) if item else None


def load(vote_id: int) -> VoteWithTotals | None:
    """Return a vote with its totals, or None. One request."""
    return with_totals(rows_of(vote_id))


def rows_of(vote_id: int) -> list[Item]:
    """Return the items of a vote and of its totals as they are stored. One request."""
    return query(keys.vote(vote_id).pk)


def with_totals(rows: Sequence[Item]) -> VoteWithTotals | None:
    """Return the vote that `rows_of` has read, or None when there was none."""
    item = next((row for row in rows if row[keys.KIND] == VOTE), None)
    if item is None:
        return None
    vote = Vote.model_validate(item)
    return VoteWithTotals(vote, Totals.of(vote, (r for r in rows if r[keys.KIND] == TALLY)))


def pointers(event_id: int) -> list[Item]:
    """Return what is known of the votes of an event without reading them. One request."""
    return query(keys.event(event_id).pk, keys.VOTES_OF_EVENT)


def add(vote: Vote) -> None:
    """Store a new vote with nothing counted, if its creator takes part in the event.

    ConditionFailed: the first condition when the id is taken, the second without participation.
    One request; twice as many write units as it has shards, and 14 more.
    """
    item = {keys.KIND: VOTE, **item_of(vote)}
    empty = {keys.KIND: TALLY, "ballots": 0, "end": vote.end}
    transact(
        [
            Put(keys.vote(vote.id), item, when=absent()),
            Check(keys.participant(vote.event_id, vote.creator_id), present()),
            *(Put(key, empty) for key in tallies(vote.id, vote.shards)),
            _pointer(vote),
            *lists.add(VOTES, _row(vote)),
            *lists.add(votes_by(vote.creator_id), _row_of_creator(vote)),
        ]
    )


def cast(vote: Vote, ballot: Ballot) -> None:
    """Store and count a ballot.

    ConditionFailed: the first condition when the user has voted before, the second when the vote
    has ended or (its item is empty) is gone, the third without participation. One request, six
    write units.
    """
    shard = random.randrange(vote.shards)  # noqa: S311  (spreads load, guards nothing)
    # An attempt that had to wait for other voters must not count a ballot after the end.
    transact(lambda: _casting(vote, ballot, shard))


def _casting(vote: Vote, ballot: Ballot, shard: int) -> list[Action]:
    return [
        Put(
            keys.ballot(vote.id, ballot.user_id),
            {keys.KIND: BALLOT, **item_of(ballot)},
            when=absent(),
        ),
        Update(
            keys.tally(vote.id, shard),
            add={"ballots": 1} | {counter(option_id): 1 for option_id in ballot.option_ids},
            when=above("end", clock.to_text(clock.now())),
        ),
        Check(keys.participant(vote.event_id, ballot.user_id), present()),
    ]


def close(old: Vote, new: Vote) -> None:
    """Note the end of a vote, which may have moved, and take no ballot any more.

    The totals are final then: a ballot under way was counted before or is refused, also when the
    clock by which it was sent is slow. ConditionFailed when the vote has been closed or deleted
    since it was read. One request; twice as many write units as it has shards, and 4 more at its
    natural end, up to 20 when it ends early.
    """
    ends = new.model_dump(include={"ends_at", "closed_at"})
    transact(
        [
            Update(keys.vote(old.id), assign=ends, when=_as_read(old)),
            *(
                Update(key, assign={"end": _SHUT}, when=present())
                for key in tallies(old.id, old.shards)
            ),
            *([_pointer(new)] if new.end != old.end else []),
            *lists.replace(VOTES, _row(old), _row(new)),
            *lists.replace(votes_by(old.creator_id), _row_of_creator(old), _row_of_creator(new)),
        ]
    )


def remove(vote: Vote) -> None:
    """Delete a vote with its totals and rows; its ballots stay for `remove_ballots`.

    ConditionFailed when it has been closed or deleted since it was read. One request; twice as many
    write units as it has shards, and 12 more.
    """
    deletions: list[Action] = [Delete(key) for key in tallies(vote.id, vote.shards)]
    transact(
        [
            Delete(keys.vote(vote.id), when=_as_read(vote)),
            Delete(keys.vote_of_event(vote.event_id, vote.id)),
            *deletions,
            *lists.remove(VOTES, _position(vote)),
            *lists.remove(votes_by(vote.creator_id), _position(vote)),
        ]
    )


def remove_ballots(vote_id: int) -> None:
    """Delete all ballots of a vote that is gone. A request each megabyte, and each 25 ballots."""
    delete_all(Key(row[keys.PARTITION], row[keys.SORT]) for row in query(keys.ballots(vote_id)))


def _as_read(vote: Vote) -> Condition:
    ends_at = clock.to_text(vote.ends_at) if vote.ends_at else None
    closed = (
        equal("closed_at", clock.to_text(vote.closed_at)) if vote.closed_at else absent("closed_at")
    )
    return both(equal("ends_at", ends_at), closed)


def _position(vote: Vote) -> Position:
    return Position(vote.end, vote.id)


def _data(vote: Vote) -> Mapping[str, Value]:
    """Return what filters and embeds need to know before the vote itself is read."""
    return {
        "event_id": vote.event_id,
        "creator_id": vote.creator_id,
        "shards": vote.shards,
        "end": vote.end,
    }


def _row(vote: Vote) -> Row:
    return Row(_position(vote), {**_data(vote), "closed": vote.closed_at is not None})


def _row_of_creator(vote: Vote) -> Row:
    return Row(_position(vote), _data(vote))


def _pointer(vote: Vote) -> Put:
    item = {keys.KIND: VOTE_OF_EVENT, "id": vote.id, "title": vote.title, **_data(vote)}
    return Put(keys.vote_of_event(vote.event_id, vote.id), item)
