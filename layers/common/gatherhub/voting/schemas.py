"""What clients send about votes, and what they get."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.types import Strict

from gatherhub import clock, ids
from gatherhub.accounts.people import Person
from gatherhub.schemas import Description, Request, Response, Title, UtcTime, WholeNumber
from gatherhub.voting.entities import Status

FEWEST_OPTIONS = 2
MOST_OPTIONS = 20


def _in_future(moment: datetime) -> datetime:
    if moment <= clock.now():
        raise ValueError("Enter a time in the future.")
    return moment


class NewOption(Request):
    """An option of a vote to be created."""

    text: Title


def _distinct(options: list[NewOption]) -> list[NewOption]:
    if len({option.text for option in options}) < len(options):
        raise ValueError("Each option must have a text of its own.")
    return options


class NewVote(Request):
    """A vote to be created; without `ends_at` it is open until someone closes it."""

    title: Title
    description: Description = ""
    event: Annotated[WholeNumber, Field(ge=1, le=ids.MAX_ID)]
    options: Annotated[
        list[NewOption],
        Field(min_length=FEWEST_OPTIONS, max_length=MOST_OPTIONS),
        AfterValidator(_distinct),
    ]
    ends_at: Annotated[UtcTime, AfterValidator(_in_future)] | None = None
    multiple_choice: Annotated[bool, Strict()] = False


class Choice(Request):
    """The ids of the options that a ballot chooses: exactly one unless the vote allows more."""

    # Empty is not a wrong type but a ballot that chooses nothing, which has an error of its own.
    options: list[WholeNumber] = Field(default_factory=list)


class EventOfVote(Response):
    """The event that a vote belongs to."""

    id: int
    title: str


class DatedEventOfVote(EventOfVote):
    """The event that a vote belongs to, with its date."""

    date: UtcTime


class OptionCount(Response):
    """An option, and how many ballots chose it."""

    id: int
    text: str
    vote_count: int


class OptionShare(OptionCount):
    """An option with its share; `percentage` is of ballots, with one decimal."""

    percentage: float


class _Vote(Response):
    id: int
    title: str
    description: str
    status: Status
    creator: Person
    total_votes: int
    ends_at: UtcTime | None
    created_at: UtcTime


class VoteSummary(_Vote):
    """A vote as in a list; `total_votes` counts ballots."""

    event: EventOfVote


class CreatedVote(VoteSummary):
    """A vote as its creation answers it."""

    options: list[OptionCount]
    multiple_choice: bool


class VoteDetails(_Vote):
    """A vote with its options, without anything about one viewer."""

    event: DatedEventOfVote
    options: list[OptionShare]
    multiple_choice: bool


class OwnBallot(Response):
    """What the viewer chose: `option_id` is the first of `option_ids`."""

    option_id: int
    option_ids: list[int]
    voted_at: UtcTime


class ViewedVote(VoteDetails):
    """A vote with its options, and what the viewer chose."""

    user_voted: bool
    user_vote: OwnBallot | None


class CastVote(Response):
    """A vote as casting a ballot answers it."""

    id: int
    title: str
    user_vote: OwnBallot
    total_votes: int


class BallotCast(Response):
    """The answer to casting a ballot."""

    message: str
    vote: CastVote


class ClosedVote(Response):
    """A vote as closing it answers it."""

    id: int
    title: str
    status: Status
    ends_at: UtcTime | None


class VoteClosed(Response):
    """The answer to closing a vote."""

    message: str
    vote: ClosedVote


class Result(Response):
    """How an option did; `percentage` is of ballots, with one decimal."""

    option_id: int
    text: str
    vote_count: int
    percentage: float


class Winner(Response):
    """The option that most ballots chose."""

    option_id: int
    text: str


class VoteResults(Response):
    """The results so far; `winner` is null without ballots and on a tie."""

    id: int
    title: str
    status: Status
    total_votes: int
    results: list[Result]
    ends_at: UtcTime | None
    winner: Winner | None
