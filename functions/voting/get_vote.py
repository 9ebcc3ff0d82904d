"""GET /api/v1/voting/{id}/: a vote, its counts and the caller's own ballot. For signed-in users.

Answers 200; 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.schemas import PathId
from gatherhub.voting import details
from gatherhub.voting.schemas import ViewedVote

api = Api(accepts=())


@api.get("/api/v1/voting/<vote_id>/", summary="Get a vote", tags=["Voting"])
def get_vote(vote_id: PathId) -> ViewedVote:
    """Return the vote; any signed-in user may see every vote, but of ballots only their own."""
    return details.show(api.user_id, vote_id)


handler = api
