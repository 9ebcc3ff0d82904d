"""Open connections: one row each, and once it is authenticated one in each of its audiences.

All that changes a connection is one transaction of its own row, under the condition that nobody
else has changed or removed it since it was read, and of its rows in audiences. So these never
disagree, two messages at once both count, and nothing brings back a connection that was closed.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from gatherhub import clock
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.table import keys
from gatherhub.table.conditions import equal
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.items import Item
from gatherhub.table.reads import get, get_many, query
from gatherhub.table.writes import Action, Delete, Put, transact

LIFETIME = 7_200
"""Seconds after which a connection is closed; API Gateway allows no more."""

_MARGIN = 600  # seconds for which rows outlive a connection that is never reported as closed
# A client may send as many messages at once as it likes; these let twenty of them have their turn.
_ATTEMPTS = 20
_PAUSE = 0.02  # seconds, the longest before a second attempt; longer before each further one
_VERSION = "version"


class Gone(Exception):
    """The connection has been closed."""


@dataclass(frozen=True)
class Connection:
    """One open socket. Times are Unix seconds; from `authenticated_until` on it hears nothing.

    `user_id` is None and `authenticated_until` 0 until it is authenticated. `audiences` are those
    in which it has rows now, and `version` counts its changes; both are this module's alone.
    """

    id: str
    user_id: int | None
    subscriptions: tuple[Subscription, ...]
    opened_at: int
    authenticated_until: int = 0
    audiences: tuple[str, ...] = ()
    version: int = 0

    @property
    def closes_at(self) -> int:
        """The Unix second at which its time is over, whatever its token says."""
        return self.opened_at + LIFETIME


@dataclass(frozen=True)
class Listener:
    """A connection's place in one audience. Times are Unix seconds."""

    connection_id: str
    audience: str
    opened_at: int
    authenticated_until: int
    expires_at: int

    def may_hear(self, moment: int) -> bool:
        """Tell whether it is signed in and can still be open; the table removes rows late."""
        return moment < min(self.authenticated_until, self.expires_at)


def open_connection(connection: Connection) -> None:
    """Store a new connection. One request; repeated, it changes nothing.

    Two write units, and two for each subscription once it is authenticated.
    """
    new = _placed(connection)
    transact([Put(keys.connection(new.id), _row(new)), *_moves(connection, new)])


def find_connection(connection_id: str) -> Connection | None:
    """Return a connection as it is now, or None when it has been closed. One request."""
    row = get(keys.connection(connection_id))
    return None if row is None else _connection(connection_id, row)


def change_connection(
    connection: Connection, edit: Callable[[Connection], Connection]
) -> Connection:
    """Store what `edit` makes of a connection and return that.

    `edit` is asked again, of the connection as it is then, when someone else was faster; it may
    raise. Gone when the connection has been closed, StoreUnavailable when it keeps changing. No
    request when nothing changes, else one, two more for each further attempt. Two write units,
    and two for each subscription that comes or goes; for all of them when the token is renewed.
    """
    for _ in _turns():
        edited = edit(connection)
        if edited == connection:
            return connection
        new = _placed(edited)
        unchanged = equal(_VERSION, connection.version)
        row = Put(keys.connection(new.id), _row(new), when=unchanged)
        try:
            transact([row, *_moves(connection, new)])
        except ConditionFailed:
            connection = _again(connection.id)
            continue
        return new
    raise StoreUnavailable("the connection kept changing")


def close_connection(connection_id: str, known: Iterable[str] = ()) -> None:
    """Forget a connection and its listeners; does nothing when that has been done.

    `known` are audiences in which it was seen: a row there goes even when the connection's own row
    is gone already. Two requests, two more each time that it was changed between them.
    """
    seen = tuple(known)
    for _ in _turns():
        connection = find_connection(connection_id)
        audiences = dict.fromkeys([*(connection.audiences if connection else ()), *seen])
        removals: list[Action] = [Delete(keys.listener(name, connection_id)) for name in audiences]
        if connection:
            unchanged = equal(_VERSION, connection.version)
            removals.append(Delete(keys.connection(connection_id), when=unchanged))
        if not removals:
            return
        try:
            transact(removals)
        except ConditionFailed:
            continue
        return
    raise StoreUnavailable("the connection kept changing")


def hearing_now(connection_ids: Iterable[str]) -> set[str]:
    """Return which connections are open and may hear. A request for each hundred, side by side."""
    now = clock.epoch()
    rows = get_many(keys.connection(name) for name in connection_ids)
    found = (_connection(key.pk.partition("#")[2], row) for key, row in rows.items())
    return {one.id for one in found if now < min(one.authenticated_until, one.closes_at + _MARGIN)}


def listeners(audience: str) -> list[Listener]:
    """Return all rows of an audience, expired ones too. One request per megabyte."""
    return [
        Listener(
            connection_id=row["connection_id"],
            audience=audience,
            opened_at=row["opened_at"],
            authenticated_until=row["authenticated_until"],
            expires_at=row[keys.EXPIRES],
        )
        for row in query(keys.audience(audience))
    ]


def _turns() -> Iterator[None]:
    """Yield for each attempt, with a pause between them that keeps attempts at once apart."""
    for attempt in range(_ATTEMPTS):
        yield
        time.sleep(random.uniform(0, _PAUSE * (attempt + 1)))  # noqa: S311  (guards nothing)


def _again(connection_id: str) -> Connection:
    connection = find_connection(connection_id)
    if connection is None:
        raise Gone(connection_id)
    return connection


def _placed(connection: Connection) -> Connection:
    """Return the next version of a connection, with a place for each subscription if it may hear.

    The places are remembered by name: the number of shards may change while it is open.
    """
    known = connection.user_id is not None
    heard = connection.subscriptions if known else ()
    audiences = tuple(subscription.audience(connection.id) for subscription in heard)
    return replace(connection, audiences=audiences, version=connection.version + 1)


def _moves(old: Connection, new: Connection) -> list[Action]:
    """Return what brings the rows in audiences from `old` to `new`."""
    renewed = new.authenticated_until != old.authenticated_until
    row = {**_common(new), keys.KIND: "listener", "connection_id": new.id}
    return [
        *(
            Put(keys.listener(audience, new.id), row)
            for audience in new.audiences
            if renewed or audience not in old.audiences
        ),
        *(
            Delete(keys.listener(audience, new.id))
            for audience in old.audiences
            if audience not in new.audiences
        ),
    ]


def _common(connection: Connection) -> Item:
    return {
        "opened_at": connection.opened_at,
        "authenticated_until": connection.authenticated_until,
        keys.EXPIRES: connection.closes_at + _MARGIN,
    }


def _row(connection: Connection) -> Item:
    return {
        **_common(connection),
        keys.KIND: "connection",
        _VERSION: connection.version,
        "user_id": connection.user_id,
        "subscriptions": [
            {"topic": each.topic, "event_id": each.event_id} for each in connection.subscriptions
        ],
        "audiences": list(connection.audiences),
    }


def _connection(connection_id: str, row: dict[str, Any]) -> Connection:
    return Connection(
        id=connection_id,
        user_id=row["user_id"],
        subscriptions=tuple(
            Subscription(Topic(each["topic"]), each["event_id"]) for each in row["subscriptions"]
        ),
        opened_at=row["opened_at"],
        authenticated_until=row["authenticated_until"],
        audiences=tuple(row["audiences"]),
        version=row[_VERSION],
    )
