"""Who may do what with a vote. Everyone who is signed in may read all of it but the ballots."""

from gatherhub.errors import ErrorCode, Problem
from gatherhub.events.entities import Event
from gatherhub.voting.entities import Vote


def not_a_participant() -> Problem:
    """Return the error for a user who takes no part in the vote's event."""
    return Problem(
        ErrorCode.PERMISSION_DENIED, "Only participants of the event may create votes and vote."
    )


def require_owner(user_id: int, vote: Vote, event: Event) -> None:
    """Raise Problem `permission_denied` unless the user created the vote or its event."""
    if user_id not in {vote.creator_id, event.creator_id}:
        raise Problem(
            ErrorCode.PERMISSION_DENIED, "Only the creator of the vote or of its event may do this."
        )
