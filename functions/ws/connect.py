"""$connect: let a client in, and remember what it listens to and who it is once that is known."""

from gatherhub import aws
from gatherhub.parallel import each
from gatherhub.realtime.connections import open_connection
from gatherhub.realtime.deadlines import watch_new
from gatherhub.realtime.handshake import accepted_protocol, opening
from gatherhub.realtime.sockets import Answer, Kind, SocketEvent, on

aws.prepare("dynamodb", "secretsmanager", "sqs")


@on(Kind.CONNECT)
def handler(event: SocketEvent) -> Answer:
    """Answer 200 and open the connection, or refuse it: 401 for the token, 400 for the query."""
    connection = opening(event)
    each(lambda do: do(connection), (open_connection, watch_new))
    return Answer(headers=accepted_protocol(event), user_id=connection.user_id)
