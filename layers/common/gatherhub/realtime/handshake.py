"""Who wants to listen to what, by the handshake."""

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.realtime.audiences import asked_for
from gatherhub.realtime.connections import Connection
from gatherhub.realtime.sockets import SocketEvent

_OFFER = "sec-websocket-protocol"
_PREFIX = "access_token."


def opening(event: SocketEvent) -> Connection:
    """Return the connection that a handshake asks for.

    Its token comes in `?token=` or in the sub-protocol `access_token.<jwt>`. With neither, not
    even an empty one, the connection is not authenticated yet. Problem `token_invalid` or
    `token_expired` for a bad token, `validation_error` for what can't be listened to.
    """
    token = _token(event)
    access = None if token is None else tokens.verify_access(token)
    return Connection(
        id=event.connection_id,
        user_id=access.user_id if access else None,
        subscriptions=asked_for(event.query),
        opened_at=clock.epoch(),
        authenticated_until=access.expires_at if access else 0,
    )


def accepted_protocol(event: SocketEvent) -> dict[str, str]:
    """Return the header that accepts the token's sub-protocol; a browser insists on it."""
    protocol = _protocol(event)
    return {"Sec-WebSocket-Protocol": protocol} if protocol else {}


def _token(event: SocketEvent) -> str | None:
    if "token" in event.query:
        return event.query["token"]
    protocol = _protocol(event)
    return protocol.removeprefix(_PREFIX) if protocol else None


def _protocol(event: SocketEvent) -> str:
    offered = (name.strip() for name in event.headers.get(_OFFER, "").split(","))
    return next((name for name in offered if name.startswith(_PREFIX)), "")
