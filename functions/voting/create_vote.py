"""POST /api/v1/voting/: create a vote of an event. For participants of the event.

Answers 201; 400 `validation_error` (also for an unknown event), 403 `permission_denied`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.voting import creation
from gatherhub.voting.schemas import CreatedVote, NewVote

api = Api(roles=(Role.PARTICIPANT, Role.ORGANISER))


@api.post("/api/v1/voting/", status_code=201, summary="Create a vote", tags=["Voting"])
def create_vote(vote: NewVote) -> CreatedVote:
    """Create a vote; its options are numbered from 1 in the order in which they are sent."""
    return creation.create(api.user_id, vote)


handler = api
