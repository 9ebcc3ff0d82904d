"""$default: do what a client says; the answer goes back on its socket."""

from gatherhub import aws
from gatherhub.realtime import inbox
from gatherhub.realtime.sockets import Answer, Kind, SocketEvent, on

aws.prepare("dynamodb", "secretsmanager")


@on(Kind.MESSAGE)
def handler(event: SocketEvent) -> Answer:
    """Answer as docs/realtime.md says; without a body when the connection was closed instead."""
    message = inbox.answer(event.connection_id, event.body)
    return Answer(body=message.text() if message else None)
