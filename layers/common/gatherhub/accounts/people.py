"""People as others see them: embedded in events, tasks and votes, always by their present name."""

from collections.abc import Iterable
from typing import Any

from gatherhub.accounts import avatars
from gatherhub.accounts.users import gone
from gatherhub.schemas import Response
from gatherhub.table import keys
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
    wanted = {user_id: keys.user(user_id) for user_id in user_ids}
    found = get_many(wanted.values())
    return {user_id: _person(user_id, found.get(key, {})) for user_id, key in wanted.items()}


def caller(user_id: int) -> Person:
    """Return who is calling; Problem `token_invalid` when that account is gone. One request."""
    person = embed([user_id])[user_id]
    if person.username == UNKNOWN:
        raise gone()
    return person


def _person(user_id: int, account: dict[str, Any]) -> Person:
    return Person(
        id=user_id,
        username=account.get("username", UNKNOWN),
        first_name=account.get("first_name", ""),
        last_name=account.get("last_name", ""),
        avatar=avatars.url(account.get("avatar")),
    )
