"""What is due for a connection and when, and the queue that says when to look.

API Gateway tells nobody that a token is over or that a connection never showed one. So a message
in a queue stands for each connection and comes when something may be due. A queue delays by 15
minutes at most; whoever gets a message reads the connection as it is then, does what is due
(`enforcement`) and sends the next. Delivered twice or late, a message does no harm.
"""

from pydantic import BaseModel

from gatherhub import clock, queues, settings
from gatherhub.errors import ErrorCode, Problem
from gatherhub.observability import logger
from gatherhub.queues import LONGEST_DELAY, NotSent
from gatherhub.realtime import messages
from gatherhub.realtime.connections import Connection
from gatherhub.realtime.messages import Message, MessageType, reply

PATIENCE = 30
"""Seconds after the handshake in which a connection must be authenticated."""

NOTICE = 120
"""Seconds before its end at which a connection is asked to be replaced by another."""


class Look(BaseModel):
    """A message: look after a connection.

    What came due up to the Unix second `since` was seen to before. One that is `extra` is for one
    moment and has no successor: the connection has another message under way.
    """

    connection_id: str
    since: int
    extra: bool = False


def good_until(connection: Connection) -> int:
    """Return the Unix second at which a connection's right to be open ends, as it is now."""
    if connection.user_id is None:
        return connection.opened_at + PATIENCE
    return min(connection.authenticated_until, connection.closes_at)


def is_over(connection: Connection, moment: int) -> bool:
    """Tell whether a connection has to be closed."""
    return moment >= good_until(connection)


def last_word(connection: Connection) -> Message | None:
    """Return what a connection is told before it is closed, if anything."""
    if connection.user_id is None:
        return messages.error(Problem(ErrorCode.NOT_AUTHENTICATED, "No access token came in time."))
    if connection.authenticated_until <= connection.closes_at:
        return reply(MessageType.TOKEN_EXPIRED)
    return None  # it was asked to reconnect two minutes ago


def notice(connection: Connection, since: int, moment: int) -> Message | None:
    """Return the request to reconnect if it came due after `since` and up to `moment`."""
    if since < _notice_at(connection) <= moment:
        return reply(MessageType.RECONNECT, {"closes_at": closing_time(connection)})
    return None


def closing_time(connection: Connection) -> str:
    """Return when a connection is closed at the latest, as the API writes times."""
    return clock.to_text(clock.from_epoch(connection.closes_at))


def watch(connection: Connection, since: int) -> None:
    """Send the message that comes when the next thing is due after `since`, or on the way there.

    NotSent when the queue does not take it. One request.
    """
    notice_at = _notice_at(connection)
    due = [good_until(connection), *([notice_at] if notice_at > since else [])]
    _send(Look(connection_id=connection.id, since=since), min(due))


def watch_new(connection: Connection) -> None:
    """Send the first message of a connection. When that fails, the connection stays unwatched.

    It hears nothing after its token's time all the same, and API Gateway closes it after two hours.
    """
    try:
        watch(connection, connection.opened_at)
    except NotSent as failure:
        logger.error("a connection is not watched", exc_info=failure)


def watch_token(connection: Connection) -> None:
    """Send a message for a token that ends before the handshake's first message comes.

    Otherwise that one comes first, as a renewal never ends earlier than what it renews. A failure
    is no more than the end being told late.
    """
    end = good_until(connection)
    if end >= connection.opened_at + PATIENCE:
        return
    try:
        _send(Look(connection_id=connection.id, since=connection.opened_at, extra=True), end)
    except NotSent as failure:
        logger.error("a token's end may be told late", exc_info=failure)


def _notice_at(connection: Connection) -> int:
    return connection.closes_at - NOTICE


def _send(look: Look, at: int) -> None:
    # At least one second: the queue's clock and this one need not agree.
    delay = min(max(1, at - clock.epoch()), LONGEST_DELAY)
    queues.send(settings.deadlines_queue_url(), look.model_dump_json(), DelaySeconds=delay)
