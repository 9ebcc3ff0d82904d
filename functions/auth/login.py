"""POST /api/v1/auth/login/: sign in with a username or e-mail address. No authentication.

Answers 200; 400 `invalid_credentials`, 401 `account_disabled`, 429 after ten failures for a name.
"""

from gatherhub.accounts import login as accounts
from gatherhub.accounts.schemas import LoginRequest, SignedIn
from gatherhub.errors import ErrorCode
from gatherhub.http.api import Access, Api

api = Api(Access.PUBLIC, errors=(ErrorCode.INVALID_CREDENTIALS, ErrorCode.ACCOUNT_DISABLED))


@api.post("/api/v1/auth/login/", summary="Log in", tags=["Authentication"])
def login(body: LoginRequest) -> SignedIn:
    """Check the password and return new tokens."""
    return accounts.login(body)


handler = api
