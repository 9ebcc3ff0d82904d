"""POST /api/v1/auth/register/: create an account and sign it in. No authentication.

Answers 201; 400 `validation_error`, 409 `username_taken` or `email_taken`.
"""

from gatherhub.accounts import registration
from gatherhub.accounts.new_account import NewAccount
from gatherhub.accounts.schemas import Registered
from gatherhub.errors import ErrorCode
from gatherhub.http.api import Access, Api

api = Api(Access.PUBLIC, errors=(ErrorCode.USERNAME_TAKEN, ErrorCode.EMAIL_TAKEN))


@api.post("/api/v1/auth/register/", summary="Register", tags=["Authentication"], status_code=201)
def register(body: NewAccount) -> tuple[Registered, int]:
    """Create an account and return its first tokens."""
    return registration.register(body), 201


handler = api
