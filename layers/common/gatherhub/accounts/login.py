"""Signing in with a username or an e-mail address."""

import hashlib

from gatherhub import clock, ids
from gatherhub.accounts import attempts, passwords, sessions, users
from gatherhub.accounts.attempts import Attempt
from gatherhub.accounts.names import fold
from gatherhub.accounts.schemas import Account, LoginRequest, SignedIn, TokenPair
from gatherhub.accounts.users import User
from gatherhub.errors import ErrorCode, Problem
from gatherhub.table import keys
from gatherhub.table.conditions import equal
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.reads import get, get_many
from gatherhub.table.writes import Update, transact, write

_NOBODY = 0  # the id of no account


def login(wanted: LoginRequest) -> SignedIn:
    """Sign in.

    Problem `invalid_credentials`, by the same requests and the same work whether the name or the
    password is wrong; `account_disabled` after the right password; `rate_limit_exceeded` after ten
    failures. Two reads, one write and one transaction.
    """
    name = fold(wanted.username)
    user_id = _owner(name)
    attempt = attempts.begin(_subject(name, user_id))
    password = wanted.password.get_secret_value()
    try:
        signed_in = _signed_in(user_id, password, attempt)
    except Exception:
        # Whatever went wrong, it was not the password, and only wrong passwords count.
        attempt.take_back()
        raise
    if signed_in is None:
        raise Problem(ErrorCode.INVALID_CREDENTIALS, "The username or password is not right.")
    user, pair = signed_in
    _renew_hash(user, password)
    account = Account.model_validate(user, from_attributes=True)
    return SignedIn(**pair.model_dump(), user=account)


def _signed_in(user_id: int, password: str, attempt: Attempt) -> tuple[User, TokenPair] | None:
    """Open a session and stop counting the attempt; None when the password is another one's."""
    item = get(keys.user(user_id))
    stored = item["password_hash"] if item else None
    if not passwords.matches(stored, password) or item is None:
        return None
    user = User.of(item)
    session, pair = sessions.opened(user.id)
    seen = Update(
        keys.user(user.id),
        assign={"last_login": clock.to_text(clock.now())},
        when=users.ENABLED,
    )
    try:
        transact([seen, session, attempt.taken_back()])
    except ConditionFailed as failure:
        if failure.failed(0):
            raise users.disabled() from None
        raise
    return user, pair


def _owner(name: str) -> int:
    """Return the id of the account with this folded name, or `_NOBODY`. One request."""
    claims = get_many([keys.username(name), keys.email(name)]).values()
    return next((int(claim["user_id"]) for claim in claims), _NOBODY)


def _subject(name: str, user_id: int) -> str:
    """Return for what failures are counted: the account, whichever of its names was typed.

    An unknown name is kept as a digest, since people type passwords there by mistake.
    """
    if user_id != _NOBODY:
        return ids.sortable(user_id)
    return hashlib.sha256(name.encode()).hexdigest()


def _renew_hash(user: User, password: str) -> None:
    """Hash again with today's parameters, which only a login can do."""
    if not passwords.outdated(user.password_hash):
        return
    renewed = {"password_hash": passwords.hashed(password)}
    try:
        same = equal("password_hash", user.password_hash)
        write(Update(keys.user(user.id), assign=renewed, when=same))
    except ConditionFailed:
        return  # another login has done it
