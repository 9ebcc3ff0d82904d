"""Casting a ballot."""

from collections.abc import Sequence

from gatherhub import clock
from gatherhub.errors import ErrorCode, Problem, not_found
from gatherhub.table import keys
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.reads import get_many
from gatherhub.voting import store, views
from gatherhub.voting.entities import Ballot, Vote
from gatherhub.voting.permissions import not_a_participant
from gatherhub.voting.schemas import BallotCast, CastVote, Choice


def cast(user_id: int, vote_id: int, choice: Choice) -> BallotCast:
    """Cast a user's only ballot and return the totals that it is part of.

    What is wrong is said in this order: Problem `not_found`, `permission_denied` without
    participation, `voting_ended`, `invalid_options`, `already_voted`. Four requests.
    """
    vote = store.get_vote(vote_id)
    if vote is None:
        raise not_found("vote")
    wanted = (
        keys.event(vote.event_id),
        keys.participant(vote.event_id, user_id),
        keys.ballot(vote_id, user_id),
    )
    found = get_many(wanted)
    event, participation, earlier = (found.get(key) for key in wanted)
    now = clock.now()
    if event is None:
        raise not_found("vote")
    if participation is None:
        raise not_a_participant()
    if vote.status_at(now) == "ended":
        raise _ended()
    ballot = Ballot(
        vote_id=vote_id,
        event_id=vote.event_id,
        user_id=user_id,
        option_ids=_valid(vote, choice.options),
        voted_at=now,
    )
    if earlier:
        raise _already_voted()
    _store(vote, ballot)
    return _answer(ballot)


def _valid(vote: Vote, options: Sequence[int]) -> tuple[int, ...]:
    """Return the options of a ballot; Problem `invalid_options` unless the vote allows them."""
    if not options:
        raise _invalid("Choose an option.")
    if len(set(options)) < len(options):
        raise _invalid("Choose each option only once.")
    if not set(options) <= {option.id for option in vote.options}:
        raise _invalid("The vote has no such option.")
    if len(options) > 1 and not vote.multiple_choice:
        raise _invalid("Choose exactly one option.")
    return tuple(options)


def _store(vote: Vote, ballot: Ballot) -> None:
    try:
        store.cast(vote, ballot)
    except ConditionFailed as failure:
        _, shard, participation = failure.items
        if participation is not None:
            raise not_a_participant() from failure
        if shard is not None:
            raise (_ended() if shard else not_found("vote")) from failure
        raise _already_voted() from failure


def _answer(ballot: Ballot) -> BallotCast:
    found = store.load(ballot.vote_id)
    if found is None:  # deleted since
        raise not_found("vote")
    return BallotCast(
        message="Vote cast successfully",
        vote=CastVote(
            id=found.vote.id,
            title=found.vote.title,
            user_vote=views.own(ballot),
            total_votes=found.totals.ballots,
        ),
    )


def _invalid(message: str) -> Problem:
    return Problem(ErrorCode.INVALID_OPTIONS, message, {"options": [message]})


def _ended() -> Problem:
    return Problem(ErrorCode.VOTING_ENDED, "The vote has ended.")


def _already_voted() -> Problem:
    return Problem(ErrorCode.ALREADY_VOTED, "You have already voted.")
