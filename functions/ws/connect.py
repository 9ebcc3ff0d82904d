"""$connect: let a client in that shows a valid access token, and remember what it listens to."""

from gatherhub import aws, clock
from gatherhub.realtime.audiences import subscription
from gatherhub.realtime.connections import Connection, open_connection
from gatherhub.realtime.handshake import accepted_protocol, authenticate
from gatherhub.realtime.sockets import Answer, Kind, SocketEvent, on

aws.prepare("dynamodb", "secretsmanager")


@on(Kind.CONNECT)
def handler(event: SocketEvent) -> Answer:
    """Answer 200 and open the connection, or refuse it: 401 for the token, 400 for the query."""
    access = authenticate(event)
    open_connection(
        Connection(
            id=event.connection_id,
            user_id=access.user_id,
            subscription=subscription(event.query),
            opened_at=clock.epoch(),
            authenticated_until=access.expires_at,
        )
    )
    return Answer(headers=accepted_protocol(event), user_id=access.user_id)
