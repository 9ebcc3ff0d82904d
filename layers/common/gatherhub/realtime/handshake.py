"""Who wants to listen, by the access token that comes with the handshake."""

from gatherhub.accounts import tokens
from gatherhub.accounts.tokens import AccessToken
from gatherhub.errors import ErrorCode, Problem
from gatherhub.realtime.sockets import SocketEvent

_OFFER = "sec-websocket-protocol"
_PREFIX = "access_token."


def authenticate(event: SocketEvent) -> AccessToken:
    """Return what the token in `?token=` or in the sub-protocol `access_token.<jwt>` says.

    Problem `not_authenticated` without one, `token_invalid` or `token_expired` for a bad one.
    """
    token = event.query.get("token") or _protocol(event).removeprefix(_PREFIX)
    if not token:
        raise Problem(ErrorCode.NOT_AUTHENTICATED, "Connect with an access token.")
    return tokens.verify_access(token)


def accepted_protocol(event: SocketEvent) -> dict[str, str]:
    """Return the header that accepts the token's sub-protocol; a browser insists on it."""
    protocol = _protocol(event)
    return {"Sec-WebSocket-Protocol": protocol} if protocol else {}


def _protocol(event: SocketEvent) -> str:
    offered = (name.strip() for name in event.headers.get(_OFFER, "").split(","))
    return next((name for name in offered if name.startswith(_PREFIX)), "")
