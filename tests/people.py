"""Accounts for tests that are about something else."""

from gatherhub.accounts import tokens
from gatherhub.table import keys
from gatherhub.table.writes import Put, write


def person(user_id: int, username: str = "") -> str:
    """Store an account and return an access token for it."""
    account(user_id, username)
    return tokens.issue_access(user_id)


def account(user_id: int, username: str = "") -> None:
    """Store an account that nobody signs in to."""
    names = {"username": username or f"user{user_id}", "first_name": "A", "last_name": "B"}
    write(Put(keys.user(user_id), {keys.KIND: "user", "id": user_id, "avatar": None, **names}))


def embedded(user_id: int) -> dict[str, object]:
    """Return what others see of `person(user_id)`."""
    return {
        "id": user_id,
        "username": f"user{user_id}",
        "first_name": "A",
        "last_name": "B",
        "avatar": None,
    }
