"""Access and refresh tokens: JSON Web Tokens signed with HS256, neither passing for the other.

An access token proves who calls for an hour. A refresh token stands for one login (its family) for
seven days and is replaced each time it is used; `sessions` keeps which one of a family is alive.
"""

import uuid
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from jwt.types import Options

from gatherhub import clock
from gatherhub.accounts.signing import signing_keys
from gatherhub.errors import ErrorCode, Problem

ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 7 * 86_400

_ALGORITHM = "HS256"
# When a token was issued proves nothing, and another container's clock may be a little ahead.
_CHECKS: Options = {"require": ["sub", "type", "jti", "iat", "exp"], "verify_iat": False}

TokenType = Literal["access", "refresh"]


@dataclass(frozen=True)
class AccessToken:
    """What a valid access token says. `expires_at` is Unix seconds."""

    user_id: int
    expires_at: int


@dataclass(frozen=True)
class RefreshToken:
    """What a valid refresh token says: the login it belongs to and which of its tokens it is."""

    user_id: int
    family: str
    token_id: str
    expires_at: int


def new_token_id() -> str:
    """Return an id that no other token has."""
    return uuid.uuid4().hex


def issue_access(user_id: int) -> str:
    """Return a new access token."""
    return _encode("access", user_id, new_token_id(), ACCESS_SECONDS)


def issue_refresh(user_id: int, family: str, token_id: str) -> str:
    """Return the refresh token `token_id` of the login `family`."""
    return _encode("refresh", user_id, token_id, REFRESH_SECONDS, family=family)


def verify_access(token: str) -> AccessToken:
    """Return what an access token says; Problem `token_invalid` or `token_expired`."""
    claims = _decode(token, "access")
    return AccessToken(int(claims["sub"]), int(claims["exp"]))


def verify_refresh(token: str, *, expired_too: bool = False) -> RefreshToken:
    """Return what a refresh token says; Problem `token_invalid` or `token_expired`.

    `expired_too` accepts one that is over but was genuine, for ending its login.
    """
    claims = _decode(token, "refresh", verify_exp=not expired_too)
    return RefreshToken(
        int(claims["sub"]), str(claims["family"]), str(claims["jti"]), int(claims["exp"])
    )


def _encode(kind: TokenType, user_id: int, token_id: str, seconds: int, **extra: str) -> str:
    kid, key = signing_keys().current()
    issued = clock.epoch()
    claims = {
        "sub": str(user_id),
        "type": kind,
        "jti": token_id,
        "iat": issued,
        "exp": issued + seconds,
        **extra,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM, headers={"kid": kid})


def _decode(token: str, kind: TokenType, *, verify_exp: bool = True) -> dict[str, Any]:
    try:
        kid = jwt.get_unverified_header(token).get("kid", "")
        key = signing_keys().find(str(kid))
        if key is None:
            raise invalid()
        checks: Options = {**_CHECKS, "verify_exp": verify_exp}
        claims: dict[str, Any] = jwt.decode(token, key, algorithms=[_ALGORITHM], options=checks)
    except jwt.ExpiredSignatureError:
        raise Problem(ErrorCode.TOKEN_EXPIRED, "The token has expired.") from None
    except (jwt.InvalidTokenError, ValueError):
        raise invalid() from None
    if claims["type"] != kind:
        raise invalid()
    return claims


def invalid() -> Problem:
    """Return the error for a token that is malformed, forged, of the other type or used up."""
    return Problem(ErrorCode.TOKEN_INVALID, "The token is not valid.")
