"""Accounts as they are stored."""

from dataclasses import dataclass, field, fields
from typing import Any

from gatherhub.errors import ErrorCode, Problem
from gatherhub.table import keys
from gatherhub.table.conditions import absent, both, either, equal, present
from gatherhub.table.reads import get

ENABLED = both(present(), either(absent("disabled"), equal("disabled", value=False)))
"""Holds for an account that exists and may sign in."""


@dataclass(frozen=True)
class User:
    """One account.

    `avatar` is the key of a picture in the media bucket. Times are text as the clock writes it. An
    operator disables an account by setting `disabled` on its item.
    """

    id: int
    username: str
    email: str
    password_hash: str = field(repr=False)
    date_joined: str
    last_login: str
    first_name: str = ""
    last_name: str = ""
    bio: str = ""
    avatar: str | None = None

    @classmethod
    def of(cls, item: dict[str, Any]) -> "User":
        """Return the account that an item of the table holds."""
        return cls(**{f.name: item[f.name] for f in fields(cls) if f.name in item})

    def item(self) -> dict[str, Any]:
        """Return the account as an item, without its key."""
        return {keys.KIND: "user", **{f.name: getattr(self, f.name) for f in fields(self)}}


def existing(user_id: int) -> User:
    """Return an account; Problem `token_invalid` when the caller's own is gone. One request."""
    item = get(keys.user(user_id))
    if item is None:
        raise gone()
    return User.of(item)


def gone() -> Problem:
    """Return the error for a token whose account does not exist any more."""
    return Problem(ErrorCode.TOKEN_INVALID, "The account of this token does not exist.")


def disabled() -> Problem:
    """Return the error for an account that an operator has disabled."""
    return Problem(ErrorCode.ACCOUNT_DISABLED, "This account is disabled.")
