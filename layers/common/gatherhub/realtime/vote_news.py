"""What is told of votes and their ballots, but never who chose what.

Ballots are told from the tallies that count them. These lie with their vote, so all that is told
of it keeps its order, and they don't know who has voted.
"""

from datetime import datetime
from typing import Any

from gatherhub import clock
from gatherhub.realtime.messages import MessageType
from gatherhub.realtime.news import Facts, Needs, News, Statement, known
from gatherhub.table import keys
from gatherhub.table.stream import Change
from gatherhub.voting import views
from gatherhub.voting.entities import Totals, Vote


def of_vote(change: Change) -> News | None:
    """Return what to tell of a vote that came, ended or went; ValueError if it is none."""
    if change.what == "REMOVE":
        return _deleted(Vote.model_validate(change.old))
    vote = Vote.model_validate(change.new)
    if change.what == "INSERT":
        return _created(vote, clock.from_epoch(change.at))
    if vote.closed_at and Vote.model_validate(change.old).closed_at is None:
        # By the clock that closed it the vote had ended, even if the table's is a little slow.
        return _ended(vote, max(clock.from_epoch(change.at), vote.closed_at))
    return None


def of_tally(change: Change) -> News | None:
    """Return what to tell of a tally that counted a ballot: that, and the results since.

    KeyError, TypeError or ValueError if it is no tally.
    """
    if change.what != "MODIFY" or not _ballots(change.new) > _ballots(change.old):
        return None  # it came, went or was shut with its vote
    vote_id = keys.vote_of_tally(change.key)

    def tell(facts: Facts) -> list[Statement]:
        found = facts.vote(vote_id)
        if found is None:  # its deletion is told
            return []
        vote, totals = found
        cast = {"vote_id": vote.id, "event_id": vote.event_id, "total_votes": totals.ballots}
        results = views.results(vote, totals, clock.from_epoch(change.at)).model_dump(mode="json")
        return [
            Statement(MessageType.VOTE_CAST, vote.event_id, cast),
            Statement(MessageType.VOTE_RESULTS, vote.event_id, results),
        ]

    return News(Needs(votes=(vote_id,)), tell)


def _ballots(tally: dict[str, Any] | None) -> int:
    return int((tally or {})["ballots"])


def _created(vote: Vote, moment: datetime) -> News:
    def tell(facts: Facts) -> list[Statement]:
        # Ballots that have come since have messages of their own.
        data = _details(vote, Totals.of(vote, []), moment, facts)
        return [Statement(MessageType.VOTE_CREATED, vote.event_id, data)]

    return News(Needs(items=_embedded(vote)), tell)


def _ended(vote: Vote, moment: datetime) -> News:
    def tell(facts: Facts) -> list[Statement]:
        found = facts.vote(vote.id)
        if found is None:  # its deletion is told
            return []
        totals = found.totals  # final, since no ballot is counted after the end was noted
        results = views.results(vote, totals, moment).model_dump(mode="json")
        outcome = {name: results[name] for name in ("results", "winner")}
        data = _details(vote, totals, moment, facts) | outcome
        return [Statement(MessageType.VOTE_ENDED, vote.event_id, data)]

    return News(Needs(items=_embedded(vote), votes=(vote.id,)), tell)


def _deleted(vote: Vote) -> News:
    data = {"vote_id": vote.id, "event_id": vote.event_id}
    return known(Statement(MessageType.VOTE_DELETED, vote.event_id, data))


def _embedded(vote: Vote) -> tuple[keys.Key, ...]:
    return keys.event(vote.event_id), keys.user(vote.creator_id)


def _details(vote: Vote, totals: Totals, moment: datetime, facts: Facts) -> dict[str, Any]:
    event, creator = facts.event(vote.event_id), facts.person(vote.creator_id)
    data = views.describe(vote, event, creator, totals, moment).model_dump(mode="json")
    if not facts.has_event(vote.event_id):
        data["event"]["date"] = None
    return data
