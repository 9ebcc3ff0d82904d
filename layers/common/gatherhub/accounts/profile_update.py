"""Changing the caller's own profile."""

from typing import Any

from gatherhub.accounts import avatars, pictures, users
from gatherhub.accounts.profile import shown
from gatherhub.accounts.schemas import ProfileChanges, UpdatedProfile
from gatherhub.accounts.users import User
from gatherhub.errors import Problem, unavailable
from gatherhub.schemas import Upload
from gatherhub.table import keys
from gatherhub.table.conditions import Condition, absent, both, either, equal, present
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.reads import get
from gatherhub.table.writes import Update, write

_ROUNDS = 10  # uploads of one person that may get in each other's way


def update(user_id: int, changes: ProfileChanges) -> UpdatedProfile:
    """Change the fields that were sent and return the profile.

    Problem `validation_error` for a picture that can't be used, `payload_too_large` for one of too
    many bytes, `token_invalid` when the account is gone. One write; with `avatar` one more if there
    was one before, and one request to S3 for each picture that comes or goes.
    """
    fields = changes.model_dump(include=changes.model_fields_set - {"avatar"})
    if "avatar" in changes.model_fields_set:
        return shown(_with_avatar(user_id, fields, changes.avatar))
    if not fields:
        return shown(users.existing(user_id))
    try:
        return shown(User.of(write(Update(keys.user(user_id), assign=fields, when=present()))))
    except ConditionFailed:
        raise users.gone() from None


def _with_avatar(user_id: int, fields: dict[str, Any], upload: Upload | None) -> User:
    if upload is None:
        user, replaced = _swap(user_id, {**fields, "avatar": None})
    else:
        new = avatars.store(pictures.to_avatar(upload.content))
        try:
            user, replaced = _swap(user_id, {**fields, "avatar": new})
        except Problem:
            avatars.discard(new)
            raise
    for key in replaced:
        avatars.discard(key)
    return user


def _swap(user_id: int, fields: dict[str, Any]) -> tuple[User, set[str]]:
    """Write `fields`, `avatar` among them; return the account and the avatars it has no more.

    The write holds only for the avatar that we believe to be the present one. So of two uploads at
    the same time each learns which picture it replaced, and none is left behind. A Problem means
    that nothing was written; a StoreUnavailable, that nobody knows.
    """
    key, new = keys.user(user_id), fields["avatar"]
    old: str | None = None
    replaced: set[str] = set()
    for _ in range(_ROUNDS):
        try:
            when = both(present(), _avatar_is(old))
            return User.of(write(Update(key, assign=fields, when=when))), replaced
        except ConditionFailed as failure:
            [item] = failure.items
        except StoreUnavailable:
            item = get(key)
            if item and item.get("avatar") != new:
                raise unavailable() from None
        if not item:
            raise users.gone()
        old = item.get("avatar")
        if new and old == new:
            return User.of(item), replaced  # our own write, whose answer got lost
        if old:
            replaced.add(old)
    raise unavailable()


def _avatar_is(key: str | None) -> Condition:
    return equal("avatar", key) if key else either(absent("avatar"), equal("avatar", None))
