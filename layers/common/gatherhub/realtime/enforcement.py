"""Doing what is due for a connection: asking it to reconnect, and closing it."""

from gatherhub import clock
from gatherhub.realtime import deadlines, publishing
from gatherhub.realtime.connections import Connection, close_connection, find_connection
from gatherhub.realtime.deadlines import Look
from gatherhub.realtime.messages import Message


class NotClosed(Exception):
    """A connection could not be closed; its rows are still there, so that it can be tried again."""


def enforce(body: str) -> str:
    """Do what is due for the connection of a message of the queue, and send the next message.

    Returns what was done, for the log: `closed`, `asked to reconnect`, or `nothing`.

    Done again, it may ask once more to reconnect and nothing else. NotClosed, or NotSent when the
    queue does not take the next message. Two requests while nothing is due.
    """
    look = Look.model_validate_json(body)
    connection = find_connection(look.connection_id)
    if connection is None:
        return "nothing"
    now = clock.epoch()
    if deadlines.is_over(connection, now):
        end(connection)
        return "closed"
    if look.extra:
        return "nothing"
    told = deadlines.notice(connection, look.since, now)
    if told:
        _tell(connection, told)
    deadlines.watch(connection, now)
    return "asked to reconnect" if told else "nothing"


def find_open(connection_id: str) -> Connection | None:
    """Return a connection whose time is not over; otherwise close it and return None.

    One request while it is open.
    """
    connection = find_connection(connection_id)
    if connection is None:  # forgotten, but its client is there: closing it has failed before
        publishing.hang_up(connection_id)
    elif deadlines.is_over(connection, clock.epoch()):
        end(connection)
    else:
        return connection
    return None


def end(connection: Connection) -> None:
    """Tell a connection why it is closed, close it, and forget it.

    The rows go last: as long as there is one, the queue has all of this done again when a part
    fails. They make nobody send to the connection meanwhile, as its time is over. A client that
    could not be hung up on hears nothing, and is at the next thing it says (`find_open`).
    """
    if word := deadlines.last_word(connection):
        _tell(connection, word)
    if not publishing.hang_up(connection.id):
        raise NotClosed(connection.id)
    close_connection(connection.id)


def _tell(connection: Connection, message: Message) -> None:
    # Whether it arrives or not: a client that can't be reached is not kept for that.
    publishing.post(connection.id, message.text().encode())
