"""Open connections: one row each, and one in every audience to which it belongs."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatherhub.realtime.audiences import Subscription
from gatherhub.table import keys
from gatherhub.table.reads import get, query
from gatherhub.table.writes import Delete, Put, transact

_LIFETIME = 7_200  # seconds; API Gateway closes every connection after two hours
_MARGIN = 600  # seconds for which rows outlive a connection that is never reported as closed


@dataclass(frozen=True)
class Connection:
    """One open socket. Times are Unix seconds; after `authenticated_until` it hears nothing."""

    id: str
    user_id: int
    subscription: Subscription
    opened_at: int
    authenticated_until: int


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
    """Store a connection with its listeners. One request; repeated, it changes nothing.

    Two write units for it and two for each topic.
    """
    audiences = connection.subscription.audiences(connection.id)
    common = {
        "opened_at": connection.opened_at,
        "authenticated_until": connection.authenticated_until,
        keys.EXPIRES: connection.opened_at + _LIFETIME + _MARGIN,
    }
    row = {
        **common,
        keys.KIND: "connection",
        "user_id": connection.user_id,
        "topics": list(connection.subscription.topics),
        "event_id": connection.subscription.event_id,
        "audiences": list(audiences),
    }
    listener = {**common, keys.KIND: "listener", "connection_id": connection.id}
    transact(
        [
            Put(keys.connection(connection.id), row),
            *(Put(keys.listener(audience, connection.id), listener) for audience in audiences),
        ]
    )


def close_connection(connection_id: str, known: Iterable[str] = ()) -> None:
    """Forget a connection and its listeners; does nothing when that has been done.

    `known` are audiences in which it was seen: a row there goes even when the connection's own row
    is gone already. Two requests.
    """
    row = get(keys.connection(connection_id)) or {}
    audiences = dict.fromkeys([*row.get("audiences", []), *known])
    if not row and not audiences:
        return
    transact(
        [
            *(Delete(keys.listener(audience, connection_id)) for audience in audiences),
            Delete(keys.connection(connection_id)),
        ]
    )


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
