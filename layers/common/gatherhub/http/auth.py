"""Who is calling, by the access token in the `Authorization` header."""

from collections.abc import Mapping

from gatherhub.accounts import tokens
from gatherhub.errors import ErrorCode, Problem

_SCHEME = "bearer"


def authenticate(headers: Mapping[str, str]) -> int:
    """Return the id of the user whose access token the request carries.

    Problem `not_authenticated` without one, `token_invalid` or `token_expired` for a bad one.
    """
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != _SCHEME or not token.strip():
        raise Problem(
            ErrorCode.NOT_AUTHENTICATED, "Send an access token: `Authorization: Bearer <token>`."
        )
    return tokens.verify_access(token.strip()).user_id
