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
TASK_OF_EVENT = "TASK#"
"""How the sort keys of an event's task pointers begin."""

VOTES_OF_EVENT = "VOTE#"
"""How the sort keys of an event's vote pointers begin."""


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


def participants(event_id: int) -> Key:
    """Return the partition of an event, and what the sort keys of its participations begin with."""
    return Key(event(event_id).pk, "PARTICIPANT#")


def task_of_event(event_id: int, task_id: int) -> Key:
    """Return the key of a task's pointer in its event, from which the event's tasks are listed."""
    return Key(event(event_id).pk, f"{TASK_OF_EVENT}{sortable(task_id)}")


def vote_of_event(event_id: int, vote_id: int) -> Key:
    """Return the key of a vote's pointer in its event, from which the event's votes are listed."""
    return Key(event(event_id).pk, f"{VOTES_OF_EVENT}{sortable(vote_id)}")


def task(task_id: int) -> Key:
    """Return the key of a task."""
    return Key(f"TASK#{sortable(task_id)}", "TASK")


def vote(vote_id: int) -> Key:
    """Return the key of a vote; its tallies sort before it in the same partition."""
    return Key(f"VOTE#{sortable(vote_id)}", "VOTE")


def tally(vote_id: int, shard: int) -> Key:
    """Return the key of one shard of a vote's totals."""
    return Key(vote(vote_id).pk, f"TALLY#{shard:02d}")


def vote_of_tally(key: Key) -> int:
    """Return the id of the vote to whose totals a tally belongs; ValueError for other keys."""
    prefix, separator, number = key.pk.partition("#")
    if (prefix, separator) != ("VOTE", "#") or not key.sk.startswith("TALLY#"):
        raise ValueError(f"{key.pk} {key.sk} is no tally")
    return int(number)


def ballot(vote_id: int, user_id: int) -> Key:
    """Return the key of one user's ballot."""
    return Key(ballots(vote_id), f"USER#{sortable(user_id)}")


def ballots(vote_id: int) -> str:
    """Return the partition that holds a vote's ballots."""
    return f"BALLOTS#{sortable(vote_id)}"


def word(text: str, event_id: int) -> Key:
    """Return the key of an event's row in the search index under one of its words."""
    return Key(word_partition(text), f"{text}#{sortable(event_id)}")


def word_partition(text: str) -> str:
    """Return the partition of all words that begin with the same letter."""
    return f"WORD#{text[0]}"


def list_partition(name: str) -> str:
    """Return the partition that holds the rows of a list."""
    return f"LIST#{name}"


def list_row(name: str, position: str) -> Key:
    """Return the key of the row at a position of a list."""
    return Key(list_partition(name), position)


def count_partition(name: str) -> str:
    """Return the partition that holds the counters of a list."""
    return f"COUNT#{name}"


def counter(name: str, bucket: str, shard: int) -> Key:
    """Return the key of one shard of the counter of a bucket (a month or an hour) of a list."""
    return Key(count_partition(name), f"{bucket}#{shard:02d}")


def log(topic: str, shard: int) -> str:
    """Return the partition that holds a share of a topic's messages."""
    return f"LOG#{topic}#{shard}"


def log_item(partition: str, position: int, teller: str) -> Key:
    """Return the key of what a teller told from a position (in microseconds) on."""
    return Key(partition, f"{position:016d}#{teller}")


def lanes() -> Key:
    """Return the key of the item that says until when messages go by the lanes."""
    return Key("LANES", "LANES")


def connection(connection_id: str) -> Key:
    """Return the key of an open WebSocket connection."""
    return Key(f"CONNECTION#{connection_id}", "CONNECTION")


def listener(audience: str, connection_id: str) -> Key:
    """Return the key of a connection's place in an audience."""
    return Key(f"AUDIENCE#{audience}", f"CONNECTION#{connection_id}")


def audience(name: str) -> str:
    """Return the partition that holds an audience's listeners."""
    return f"AUDIENCE#{name}"
