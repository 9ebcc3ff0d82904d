"""POST /api/v1/auth/refresh/: exchange a refresh token, once, for a new pair. No authentication.

Answers 200; 401 `token_expired`, `token_invalid` or `account_disabled`.
"""

from gatherhub.accounts import sessions
from gatherhub.accounts.schemas import RefreshRequest, TokenPair
from gatherhub.errors import ErrorCode
from gatherhub.http.api import Access, Api

api = Api(
    Access.PUBLIC,
    errors=(ErrorCode.TOKEN_INVALID, ErrorCode.TOKEN_EXPIRED, ErrorCode.ACCOUNT_DISABLED),
)


@api.post("/api/v1/auth/refresh/", summary="Refresh tokens", tags=["Authentication"])
def refresh(body: RefreshRequest) -> TokenPair:
    """Return a new pair; the token that was sent is used up, and using it again ends the login."""
    return sessions.refresh(body.refresh)


handler = api
