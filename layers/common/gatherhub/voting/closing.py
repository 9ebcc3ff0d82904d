"""Ending a vote: early by its owners, and the note that its end has come."""

from gatherhub import clock
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.voting import store
from gatherhub.voting.details import existing
from gatherhub.voting.entities import Vote
from gatherhub.voting.permissions import require_owner
from gatherhub.voting.schemas import ClosedVote, VoteClosed

_ATTEMPTS = 5  # a second one is needed when someone else closes the vote at the same time


def close(user_id: int, vote_id: int) -> VoteClosed:
    """End a vote now; one that has ended stays as it is, and the answer is the same.

    Problem `not_found`, or `permission_denied` unless the user created the vote or its event. Three
    requests, two when the vote has ended.
    """
    for _ in range(_ATTEMPTS):
        vote, event = existing(vote_id)
        require_owner(user_id, vote, event)
        now = clock.now()
        if vote.status_at(now) == "ended":
            return _answer(vote)
        closed = vote.model_copy(update={"ends_at": now, "closed_at": now})
        try:
            store.close(vote, closed)
        except ConditionFailed:  # closed or deleted meanwhile
            continue
        return _answer(closed)
    raise StoreUnavailable("the vote kept changing")


def note_end(vote_id: int, end: str) -> bool:
    """Note that a vote has come to its end, whose moment is `end`. Tells whether it was noted now.

    Not so when someone has noted it before, has closed the vote early or has deleted it: this may
    be repeated at will. Two requests.
    """
    vote = store.get_vote(vote_id)
    if vote is None or vote.closed_at or vote.end != end:
        return False
    # Clocks differ by milliseconds, but an end is never noted before it has come.
    noted_at = max(clock.now(), clock.from_text(end))
    try:
        store.close(vote, vote.model_copy(update={"closed_at": noted_at}))
    except ConditionFailed:
        return False
    return True


def _answer(vote: Vote) -> VoteClosed:
    return VoteClosed(
        message="Vote closed successfully",
        vote=ClosedVote(id=vote.id, title=vote.title, status="ended", ends_at=vote.ends_at),
    )
