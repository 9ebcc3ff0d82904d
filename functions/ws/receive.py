"""$default: answer what a client sends; the body goes back on its socket."""

from gatherhub.realtime import inbox
from gatherhub.realtime.sockets import Answer, Kind, SocketEvent, on


@on(Kind.MESSAGE)
def handler(event: SocketEvent) -> Answer:
    """Answer `ping` with `pong` and anything else with `error`; the connection stays."""
    return Answer(body=inbox.answer(event.body).text())
