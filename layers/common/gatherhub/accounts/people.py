"""People as others see them: embedded in events, tasks and votes, always by their present name."""

from collections.abc import Iterable, Mapping
from typing import Any

from gatherhub.accounts import avatars
from gatherhub.accounts.users import gone
from gatherhub.schemas import Response
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.reads import get_many

UNKNOWN = "(unknown)"
"""The username shown for an account that is gone; its brackets are allowed in no real one."""


class Person(Response):
    """A creator, participant or assignee. `avatar` is an absolute URL, or null without one."""

    id: int
    username: str
    first_name: str
    last_name: str
    avatar: str | None


def embed(user_ids: Iterable[int]) -> dict[int, Person]:
    """Return the person behind each id, once; an id without an account gets a placeholder.

    One request for each hundred different ids, none when there are none.
    """
    wanted = list(user_ids)
    return among(wanted, get_many(keys.user(user_id) for user_id in wanted))


def caller(user_id: int) -> Person:
    """Return who is calling; Problem `token_invalid` when that account is gone. One request."""
    found = embed([user_id])[user_id]
    if found.username == UNKNOWN:
        raise gone()
    return found


def among(user_ids: Iterable[int], found: Mapping[keys.Key, Item]) -> dict[int, Person]:
    """Return the people as `embed` does, but from items already read by `keys.user`."""
    return {user_id: person(user_id, found.get(keys.user(user_id))) for user_id in user_ids}


def person(user_id: int, account: Mapping[str, Any] | None) -> Person:
    """Return the person whose account item this is; a placeholder when there is none."""
    account = account or {}
    return Person(
        id=user_id,
        username=account.get("username", UNKNOWN),
        first_name=account.get("first_name", ""),
        last_name=account.get("last_name", ""),
        avatar=avatars.url(account.get("avatar")),
    )
