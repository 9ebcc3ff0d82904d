"""POST /api/v1/voting/{id}/close/: end a vote now. For the creator of the vote or of its event.

Answers 200, unchanged for a vote that has ended; 403 `permission_denied`, 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.voting import closing
from gatherhub.voting.schemas import VoteClosed

api = Api(accepts=(), roles=(Role.AUTHOR, Role.ORGANISER))


@api.post("/api/v1/voting/<vote_id>/close/", summary="Close a vote", tags=["Voting"])
def close_vote(vote_id: PathId) -> VoteClosed:
    """End the vote; a ballot under way was counted before or is refused."""
    return closing.close(api.user_id, vote_id)


handler = api
