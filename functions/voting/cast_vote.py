"""POST /api/v1/voting/{id}/vote/: cast the caller's ballot. For participants of the vote's event.

Answers 200. Beyond a body of wrong types (400 `validation_error`), what is wrong is said in this
order: 404 `not_found`, 403 `permission_denied`, 403 `voting_ended`, 400 `invalid_options`, 400
`already_voted`.
"""

from gatherhub.errors import ErrorCode
from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.voting import casting
from gatherhub.voting.schemas import BallotCast, Choice

api = Api(
    roles=(Role.PARTICIPANT, Role.ORGANISER),
    errors=(
        ErrorCode.VOTING_ENDED,
        ErrorCode.INVALID_OPTIONS,
        ErrorCode.ALREADY_VOTED,
    ),
)


@api.post("/api/v1/voting/<vote_id>/vote/", summary="Cast a ballot", tags=["Voting"])
def cast_vote(vote_id: PathId, choice: Choice) -> BallotCast:
    """Cast the only ballot that the caller has; it can't be changed."""
    return casting.cast(api.user_id, vote_id, choice)


handler = api
