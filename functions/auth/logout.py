"""POST /api/v1/auth/logout/: end the login that a refresh token belongs to. For signed-in users.

Answers 200, also when repeated; 400 `validation_error` for another user's or a malformed token.
"""

from gatherhub.accounts import sessions
from gatherhub.accounts.schemas import RefreshRequest
from gatherhub.http.api import Api
from gatherhub.schemas import Message

api = Api()


@api.post("/api/v1/auth/logout/", summary="Log out", tags=["Authentication"])
def logout(body: RefreshRequest) -> Message:
    """End the login; its access token lives on until its hour is over."""
    sessions.logout(api.user_id, body.refresh)
    return Message(message="Successfully logged out")


handler = api
