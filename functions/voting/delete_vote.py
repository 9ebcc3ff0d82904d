"""DELETE /api/v1/voting/{id}/: delete a vote. For the creator of the vote or of its event.

Answers 204; 403 `permission_denied`, 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.voting import removal

api = Api(accepts=(), roles=(Role.AUTHOR, Role.ORGANISER))


@api.delete(
    "/api/v1/voting/<vote_id>/",
    status_code=204,
    response_description="Deleted",
    summary="Delete a vote",
    tags=["Voting"],
)
def delete_vote(vote_id: PathId) -> None:
    """Delete the vote at once; its ballots follow within seconds."""
    removal.delete(api.user_id, vote_id)


handler = api
