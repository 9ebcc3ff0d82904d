"""Logins, each a family of refresh tokens of which one at a time is alive.

A family is one item. It holds the id of the token that may be used next, so exchanging is a
condition on it, and a family without that attribute is ended.
"""

import uuid

from gatherhub import clock
from gatherhub.accounts import tokens, users
from gatherhub.accounts.schemas import TokenPair
from gatherhub.errors import Problem, invalid
from gatherhub.table import keys
from gatherhub.table.conditions import equal, present
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.writes import Check, Put, Update, transact, write

# The item outlives its last token, so that a token is first expired and only then forgotten.
_TTL = tokens.REFRESH_SECONDS + 3_600


def opened(user_id: int) -> tuple[Put, TokenPair]:
    """Return a new login to store together with what justifies it, and its tokens."""
    family, token_id = uuid.uuid4().hex, tokens.new_token_id()
    item = {keys.KIND: "session", "token_id": token_id, keys.EXPIRES: clock.epoch() + _TTL}
    return Put(keys.session(user_id, family), item), _pair(user_id, family, token_id)


def refresh(token: str) -> TokenPair:
    """Exchange a refresh token for the next pair.

    Problem `token_expired`; `token_invalid` for one that is not valid, was used before (which ends
    its family: one of its two users has stolen it) or belongs to an ended login;
    `account_disabled`. One transaction, and one write more for a used token.
    """
    used = tokens.verify_refresh(token)
    next_id = tokens.new_token_id()
    pair = _pair(used.user_id, used.family, next_id)
    family = Update(
        keys.session(used.user_id, used.family),
        assign={"token_id": next_id, keys.EXPIRES: clock.epoch() + _TTL},
        when=equal("token_id", used.token_id),
    )
    try:
        transact([Check(keys.user(used.user_id), users.ENABLED), family])
    except ConditionFailed as failure:
        account, session = failure.items
        if session is not None:
            _end(used)
            raise tokens.invalid() from None
        raise (users.disabled() if account else users.gone()) from None
    return pair


def logout(user_id: int, token: str) -> None:
    """End the login that a refresh token of this user belongs to, be it over or not.

    Problem `validation_error` when it is not a refresh token of this user. One write.
    """
    try:
        given = tokens.verify_refresh(token, expired_too=True)
    except Problem:
        given = None
    if given is None or given.user_id != user_id:
        raise invalid("refresh", "This is not one of your refresh tokens.")
    _end(given)


def _end(token: tokens.RefreshToken) -> None:
    key = keys.session(token.user_id, token.family)
    try:
        write(Update(key, remove=("token_id",), when=present()))
    except ConditionFailed:
        return  # it is long over


def _pair(user_id: int, family: str, token_id: str) -> TokenPair:
    return TokenPair(
        access=tokens.issue_access(user_id),
        refresh=tokens.issue_refresh(user_id, family, token_id),
    )
