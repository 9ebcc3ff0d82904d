"""$disconnect: forget a client. Best effort, at least once, possibly never: rows expire as well."""

from gatherhub import aws
from gatherhub.realtime.connections import close_connection
from gatherhub.realtime.sockets import Answer, Kind, SocketEvent, on

aws.prepare("dynamodb")


@on(Kind.DISCONNECT)
def handler(event: SocketEvent) -> Answer:
    """Remove the connection and its listeners, whether they are still there or not."""
    close_connection(event.connection_id)
    return Answer()
