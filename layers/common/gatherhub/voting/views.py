"""Votes as clients see them, from what the table holds."""

from datetime import datetime

from gatherhub.accounts.people import Person
from gatherhub.events.entities import Event
from gatherhub.voting.entities import Ballot, Totals, Vote
from gatherhub.voting.schemas import (
    CreatedVote,
    DatedEventOfVote,
    EventOfVote,
    OptionCount,
    OptionShare,
    OwnBallot,
    Result,
    VoteDetails,
    VoteResults,
    VoteSummary,
    Winner,
)


def summarise(
    vote: Vote, event: Event, creator: Person, ballots: int, moment: datetime
) -> VoteSummary:
    """Return a vote as in a list, as it is at `moment`."""
    return VoteSummary(
        id=vote.id,
        title=vote.title,
        description=vote.description,
        status=vote.status_at(moment),
        event=EventOfVote(id=event.id, title=event.title),
        creator=creator,
        total_votes=ballots,
        ends_at=vote.ends_at,
        created_at=vote.created_at,
    )


def created(vote: Vote, event: Event, creator: Person) -> CreatedVote:
    """Return a vote as its creation answers it: nobody can have voted."""
    return CreatedVote(
        **dict(summarise(vote, event, creator, 0, vote.created_at)),
        options=[OptionCount(id=o.id, text=o.text, vote_count=0) for o in vote.options],
        multiple_choice=vote.multiple_choice,
    )


def describe(
    vote: Vote, event: Event, creator: Person, totals: Totals, moment: datetime
) -> VoteDetails:
    """Return a vote with its options, without anything about one viewer, as it is at `moment`."""
    summary = dict(summarise(vote, event, creator, totals.ballots, moment))
    summary["event"] = DatedEventOfVote(id=event.id, title=event.title, date=event.date)
    return VoteDetails(
        **summary,
        options=[
            OptionShare(
                id=option.id,
                text=option.text,
                vote_count=totals.chosen[option.id],
                percentage=totals.percentage(option.id),
            )
            for option in vote.options
        ],
        multiple_choice=vote.multiple_choice,
    )


def own(ballot: Ballot) -> OwnBallot:
    """Return a ballot as whoever cast it sees it."""
    return OwnBallot(
        option_id=ballot.option_ids[0],
        option_ids=list(ballot.option_ids),
        voted_at=ballot.voted_at,
    )


def results(vote: Vote, totals: Totals, moment: datetime) -> VoteResults:
    """Return the results of a vote, as they are at `moment`."""
    texts = {option.id: option.text for option in vote.options}
    winner = totals.winner()
    return VoteResults(
        id=vote.id,
        title=vote.title,
        status=vote.status_at(moment),
        total_votes=totals.ballots,
        results=[
            Result(
                option_id=option_id,
                text=text,
                vote_count=totals.chosen[option_id],
                percentage=totals.percentage(option_id),
            )
            for option_id, text in texts.items()
        ],
        ends_at=vote.ends_at,
        winner=Winner(option_id=winner, text=texts[winner]) if winner else None,
    )
