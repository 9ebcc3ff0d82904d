"""Every key of the table, built and parsed here and nowhere else (docs/access-patterns.md).

A key is `pk` (the partition: what is read together) and `sk` (the item in it).
"""

from typing import NamedTuple

from gatherhub.ids import sortable

PARTITION = "pk"
SORT = "sk"
EXPIRES = "expires_at"
"""The TTL attribute: Unix seconds after which DynamoDB may remove the item."""
KIND = "kind"
"""What an item is; the stream's filters choose by it."""


class Key(NamedTuple):
    """Where one item lies."""

    pk: str
    sk: str


def user(user_id: int) -> Key:
    """Return the key of an account."""
    return Key(f"USER#{sortable(user_id)}", "USER")


def username(folded: str) -> Key:
    """Return the key of the claim on a username (case folded)."""
    return Key(f"USERNAME#{folded}", "CLAIM")


def email(folded: str) -> Key:
    """Return the key of the claim on an e-mail address (case folded)."""
    return Key(f"EMAIL#{folded}", "CLAIM")


def session(user_id: int, family: str) -> Key:
    """Return the key of a login: the family of refresh tokens that descend from it."""
    return Key(f"USER#{sortable(user_id)}", f"SESSION#{family}")


def login_failures(subject: str) -> Key:
    """Return the key of the latest failed logins for one account or unknown name."""
    return Key(f"LOGIN#{subject}", "FAILURES")


def rate(subject: str, window: int) -> Key:
    """Return the key of the requests that one client made in one window."""
    return Key(f"RATE#{subject}", f"WINDOW#{window}")


def health() -> Key:
    """Return the key of the item by which the health checks read and write."""
    return Key("HEALTH", "HEALTH")


def event(event_id: int) -> Key:
    """Return the key of an event; its partition holds all that belongs to it."""
    return Key(f"EVENT#{sortable(event_id)}", "EVENT")


def participant(event_id: int, user_id: int) -> Key:
    """Return the key of one user's participation in an event."""
    return Key(f"EVENT#{sortable(event_id)}", f"PARTICIPANT#{sortable(user_id)}")


def connection(connection_id: str) -> Key:
    """Return the key of an open WebSocket connection."""
    return Key(f"CONNECTION#{connection_id}", "CONNECTION")


def listener(audience: str, connection_id: str) -> Key:
    """Return the key of a connection's place in an audience."""
    return Key(f"AUDIENCE#{audience}", f"CONNECTION#{connection_id}")


def audience(name: str) -> str:
    """Return the partition that holds an audience's listeners."""
    return f"AUDIENCE#{name}"
