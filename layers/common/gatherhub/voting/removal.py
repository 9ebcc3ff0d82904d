"""Deleting votes.

The vote goes first, in one transaction with its totals: from then on nobody can see it, and no
ballot can be cast. Its ballots go after that, as they may be thousands. Each step may be repeated.
"""

from gatherhub.errors import not_found
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.voting import store
from gatherhub.voting.details import existing
from gatherhub.voting.entities import Vote
from gatherhub.voting.permissions import require_owner

_ATTEMPTS = 5  # a second one is needed when someone closes the vote at the same time


def delete(user_id: int, vote_id: int) -> None:
    """Delete a vote; its ballots are removed by whoever hears of that (`remove_ballots`).

    Problem `not_found`, or `permission_denied` unless the user created the vote or its event. Three
    requests.
    """
    vote, event = existing(vote_id)
    require_owner(user_id, vote, event)
    if not _remove(vote):
        raise not_found("vote")


def remove_with_event(event_id: int) -> None:
    """Remove all votes of an event that is gone, with all that belongs to them. Idempotent.

    No participation of the event may be left, or votes could still be created. When this dies
    halfway through a vote, its ballots are left to whoever hears that the vote is gone.
    """
    for pointer in store.pointers(event_id):
        _remove(store.get_vote(pointer["id"]))
        remove_ballots(pointer["id"])


def remove_ballots(vote_id: int) -> None:
    """Remove the ballots of a vote that is gone. Idempotent."""
    store.remove_ballots(vote_id)


def _remove(vote: Vote | None) -> bool:
    """Remove a vote and tell whether it was there."""
    for _ in range(_ATTEMPTS):
        if vote is None:
            return False
        try:
            store.remove(vote)
        except ConditionFailed:  # closed or deleted meanwhile
            vote = store.get_vote(vote.id)
        else:
            return True
    raise StoreUnavailable("the vote kept changing")
