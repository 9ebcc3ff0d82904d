"""GET /api/v1/voting/{id}/results/: the results of a vote so far. For signed-in users.

Answers 200; 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.schemas import PathId
from gatherhub.voting import details
from gatherhub.voting.schemas import VoteResults

api = Api(accepts=())


@api.get("/api/v1/voting/<vote_id>/results/", summary="Get the results", tags=["Voting"])
def vote_results(vote_id: PathId) -> VoteResults:
    """Return the totals, never who chose what."""
    return details.results(vote_id)


handler = api
