"""Creating an account."""

from gatherhub import clock, ids
from gatherhub.accounts import passwords, sessions
from gatherhub.accounts.names import fold
from gatherhub.accounts.new_account import NewAccount
from gatherhub.accounts.schemas import NewlyJoined, Registered
from gatherhub.accounts.users import User
from gatherhub.errors import ErrorCode, Problem
from gatherhub.table import keys
from gatherhub.table.conditions import absent
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.writes import Action, Check, Put, transact

_DRAWS = 5  # of an id; two are the same once in 4,096 registrations of the same millisecond


def register(wanted: NewAccount) -> Registered:
    """Create an account and sign it in, which is its first login.

    Problem `username_taken` or `email_taken`; `details` names both when both are. One transaction.
    """
    password_hash = passwords.hashed(wanted.password.get_secret_value())
    for _ in range(_DRAWS):
        now = clock.to_text(clock.now())
        user = User(
            id=ids.new_id(),
            username=wanted.username,
            email=wanted.email,
            password_hash=password_hash,
            date_joined=now,
            last_login=now,
            first_name=wanted.first_name,
            last_name=wanted.last_name,
        )
        session, pair = sessions.opened(user.id)
        names, emails = _claims(user)
        try:
            transact([*names, *emails, Put(keys.user(user.id), user.item(), absent()), session])
        except ConditionFailed as failure:
            _refuse_taken(
                username=any(failure.failed(i) for i in range(len(names))),
                email=any(failure.failed(len(names) + i) for i in range(len(emails))),
            )
        else:
            return Registered(**pair.model_dump(), user=_shown(user))
    raise StoreUnavailable("no free id")


def _claims(user: User) -> tuple[list[Action], list[Action]]:
    """Return what makes the username and the e-mail address this account's alone.

    Either can be typed to sign in, and a username may look like an e-mail address. So neither may
    be another account's other name: else one could stand in the way of another's login.
    """
    username, email = fold(user.username), fold(user.email)
    names: list[Action] = [_claim(keys.username(username), "username", user.id)]
    emails: list[Action] = [_claim(keys.email(email), "email", user.id)]
    if username != email:
        names.append(Check(keys.email(username), absent()))
        emails.append(Check(keys.username(email), absent()))
    return names, emails


def _claim(key: keys.Key, kind: str, user_id: int) -> Put:
    return Put(key, {keys.KIND: kind, "user_id": user_id}, absent())


def _refuse_taken(*, username: bool, email: bool) -> None:
    details = {}
    if username:
        details["username"] = ["Another account has this username."]
    if email:
        details["email"] = ["Another account has this e-mail address."]
    if details:
        code = ErrorCode.USERNAME_TAKEN if username else ErrorCode.EMAIL_TAKEN
        raise Problem(code, next(iter(details.values()))[0], details)


def _shown(user: User) -> NewlyJoined:
    return NewlyJoined.model_validate(user, from_attributes=True)
