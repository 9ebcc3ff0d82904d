"""Showing one vote, and its results. A vote whose event is gone is gone too."""

from gatherhub import clock
from gatherhub.accounts.people import among
from gatherhub.errors import not_found
from gatherhub.events.entities import Event
from gatherhub.table import keys
from gatherhub.table.reads import get, get_many
from gatherhub.voting import store, views
from gatherhub.voting.entities import Ballot, Vote
from gatherhub.voting.schemas import ViewedVote, VoteResults


def show(viewer_id: int, vote_id: int) -> ViewedVote:
    """Return a vote as one user sees it; Problem `not_found` when there is none. Two requests."""
    vote, totals = _load(vote_id)
    ballot_key = keys.ballot(vote_id, viewer_id)
    event_key = keys.event(vote.event_id)
    found = get_many([event_key, ballot_key, keys.user(vote.creator_id)])
    if event_key not in found:
        raise not_found("vote")
    event = Event.model_validate(found[event_key])
    creator = among([vote.creator_id], found)[vote.creator_id]
    seen = found.get(ballot_key)
    return ViewedVote(
        **dict(views.describe(vote, event, creator, totals, clock.now())),
        user_voted=seen is not None,
        user_vote=views.own(Ballot.model_validate(seen)) if seen else None,
    )


def results(vote_id: int) -> VoteResults:
    """Return the results of a vote; Problem `not_found` when there is none. Two requests."""
    vote, totals = _load(vote_id)
    if get(keys.event(vote.event_id)) is None:
        raise not_found("vote")
    return views.results(vote, totals, clock.now())


def existing(vote_id: int) -> tuple[Vote, Event]:
    """Return a vote and its event; Problem `not_found` when either is gone. Two requests."""
    vote = store.get_vote(vote_id)
    event = get(keys.event(vote.event_id)) if vote else None
    if vote is None or event is None:
        raise not_found("vote")
    return vote, Event.model_validate(event)


def _load(vote_id: int) -> store.VoteWithTotals:
    found = store.load(vote_id)
    if found is None:
        raise not_found("vote")
    return found
