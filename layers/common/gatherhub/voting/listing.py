"""Lists of votes: by their end, the open-ended ones first, then the latest end."""

from dataclasses import dataclass
from datetime import datetime

from gatherhub import clock
from gatherhub.accounts.people import among
from gatherhub.events.entities import Event
from gatherhub.table import keys, lists
from gatherhub.table.items import Item
from gatherhub.table.lists import ALWAYS, Page, Range
from gatherhub.table.reads import get_many
from gatherhub.voting import store, views
from gatherhub.voting.entities import Status, Totals, Vote, second_after
from gatherhub.voting.schemas import VoteSummary


@dataclass(frozen=True)
class Filter:
    """Which votes are listed; None means all."""

    event: int | None = None
    status: Status | None = None
    creator: int | None = None


@dataclass(frozen=True)
class VotePage:
    """The votes of one page, and how many the whole list has."""

    count: int
    votes: list[VoteSummary]


def page(wanted: Filter, offset: int, size: int) -> VotePage:
    """Return the votes `offset` to `offset + size` of a list.

    Four sequential requests at most: three find the rows of a list of all votes, one those of an
    event or of a creator, and one reads what they point at (a request for each hundred items, side
    by side).
    """
    now = clock.now()
    found = _rows(wanted, _range(wanted.status, now), offset, size)
    votes = _resolve(found.rows, now)
    # The votes of an event that is gone are there until they are removed, but none of them counts.
    gone = wanted.event is not None and not votes
    return VotePage(0 if gone else found.count, votes)


def _range(status: Status | None, now: datetime) -> Range:
    """Return the ends that votes of a status have."""
    first_to_come = second_after(now)
    match status:
        case None:
            return ALWAYS
        case "active":
            return Range(start=first_to_come)
        case "ended":
            return Range(end=first_to_come)


def _rows(wanted: Filter, within: Range, offset: int, size: int) -> Page:
    if wanted.event is not None:
        rows = _of_event(wanted.event, wanted.creator, within)
    elif wanted.creator is not None:
        rows = lists.whole(store.votes_by(wanted.creator), within, latest_first=True)
    else:
        return lists.page(store.VOTES, within, offset, size, latest_first=True)
    return Page(rows[offset : offset + size], len(rows))


def _of_event(event_id: int, creator_id: int | None, within: Range) -> list[Item]:
    rows = [
        row
        for row in store.pointers(event_id)
        if creator_id in {None, row["creator_id"]} and within.start <= row["end"] < within.end
    ]
    return sorted(rows, key=lambda row: (row["end"], row["id"]), reverse=True)


def _resolve(rows: list[Item], now: datetime) -> list[VoteSummary]:
    """Return the votes that rows point at, without those that went since the rows were read."""
    creators = {row["creator_id"] for row in rows}
    found = get_many(
        [
            *(keys.vote(row["id"]) for row in rows),
            *(keys.event(row["event_id"]) for row in rows),
            *(keys.user(creator_id) for creator_id in creators),
            *(key for row in rows for key in store.tallies(row["id"], row["shards"])),
        ]
    )
    people = among(creators, found)
    summaries = []
    for row in rows:
        vote_item = found.get(keys.vote(row["id"]))
        event_item = found.get(keys.event(row["event_id"]))
        if vote_item and event_item:
            vote, event = Vote.model_validate(vote_item), Event.model_validate(event_item)
            shards = [found[k] for k in store.tallies(vote.id, vote.shards) if k in found]
            ballots = Totals.of(vote, shards).ballots
            summaries.append(views.summarise(vote, event, people[vote.creator_id], ballots, now))
    return summaries
