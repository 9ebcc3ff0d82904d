"""GET /api/v1/voting/: a page of votes. For signed-in users.

The open-ended ones come first, then the latest end. Answers 200; 400 `validation_error` for a
malformed parameter, 404 `not_found` for a page past the end.
"""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from gatherhub.errors import ErrorCode
from gatherhub.http.api import Api
from gatherhub.http.paging import Listing, Paging, listing
from gatherhub.schemas import PathId
from gatherhub.voting.entities import Status
from gatherhub.voting.listing import Filter, page
from gatherhub.voting.schemas import VoteSummary

api = Api(accepts=(), errors=(ErrorCode.NOT_FOUND,))

_PATH = "/api/v1/voting/"


class VoteQuery(Paging):
    """Which votes, and which page of them; filters combine."""

    event: PathId | None = None
    status: Status | None = None
    creator: PathId | None = None


@api.get(_PATH, summary="List votes", tags=["Voting"])
def list_votes(query: Annotated[VoteQuery, Query()]) -> Listing[VoteSummary]:
    """Return a page of the votes that match; any signed-in user may see every vote."""
    wanted = Filter(query.event, query.status, query.creator)
    found = page(wanted, query.offset, query.size)
    return listing(_PATH, api.raw_query, query, found.count, found.votes)


handler = api
