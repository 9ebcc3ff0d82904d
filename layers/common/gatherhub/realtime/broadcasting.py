"""Telling the listeners of each change in a batch of stream records.

A record that fails is delivered again, and with it all that follow it in the batch: they are told
once more, with the same ids. Until then nothing may overtake it. A client that could not be
reached gets nothing more from this batch, and a change that could not be told at all holds back
the later changes of its object; everything else goes on.
"""

from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from gatherhub import clock
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.realtime.announcements import Announcement, announcement
from gatherhub.realtime.audiences import hearing
from gatherhub.realtime.connections import Listener, close_connection, listeners
from gatherhub.realtime.publishing import Outcome, deliver
from gatherhub.table.errors import TableError
from gatherhub.table.keys import Key
from gatherhub.table.stream import Change, MalformedRecord, read

_HANDSHAKE = 30  # seconds that API Gateway gives $connect


class NotTold(Exception):
    """A change did not reach everyone whom it concerns; the record must be delivered again."""


class Batch:
    """What is known while one batch is told; the audiences are read once for all of it.

    That is enough: whoever listened before a change was stored is in them, as all changes of the
    batch were stored before it began.
    """

    def __init__(self) -> None:
        self._audiences: dict[str, list[Listener]] = {}
        self._held: set[Key] = set()
        self._unreachable: set[str] = set()
        self._gone: set[str] = set()
        self.messages = 0
        self.posts = 0

    def tell(self, record: DynamoDBRecord) -> None:
        """Tell of one record; raises when it, or a part of its audience, has to wait."""
        try:
            self._tell(read(record.raw_event))
        except Exception:
            logger.exception("a change was not told", event_id=record.event_id)
            raise

    def _tell(self, change: Change) -> None:
        if change.key in self._held:
            raise NotTold(f"an earlier change of {change.key.pk} has not been told")
        try:
            found = announcement(change)
            if found:
                self._publish(found)
        except (MalformedRecord, NotTold):
            raise
        except Exception:
            self._held.add(change.key)
            raise

    def _publish(self, found: Announcement) -> None:
        audience = self._audience(found)
        waiting = audience.keys() & self._unreachable
        data = [found.message.text().encode()]
        deliveries = deliver(dict.fromkeys(audience.keys() - waiting, data))
        outcomes = {name: delivery.outcome for name, delivery in deliveries.items()}
        self.messages += 1
        self.posts += len(outcomes)
        self._forget([audience[name] for name, what in outcomes.items() if what is Outcome.GONE])
        waiting |= {name for name, what in outcomes.items() if what is Outcome.FAILED}
        if waiting:
            self._unreachable |= waiting
            raise NotTold(f"{len(waiting)} of {len(audience)} connections could not be reached")

    def _audience(self, found: Announcement) -> dict[str, Listener]:
        """Return who may hear of it now, by connection id."""
        names = hearing(found.topic, found.event_id)
        unread = [name for name in names if name not in self._audiences]
        self._audiences.update(zip(unread, each(listeners, unread), strict=True))
        now = clock.epoch()
        return {
            listener.connection_id: listener
            for name in names
            for listener in self._audiences[name]
            if listener.may_hear(now) and listener.connection_id not in self._gone
        }

    def _forget(self, gone: list[Listener]) -> None:
        self._gone |= {listener.connection_id for listener in gone}
        # Before the handshake is over a connection is not there yet. It misses nothing that its
        # client can't fetch once it is open, but must stay for what comes then.
        closed_before = clock.epoch() - _HANDSHAKE
        each(_close, [listener for listener in gone if listener.opened_at <= closed_before])


def _close(listener: Listener) -> None:
    try:
        close_connection(listener.connection_id, [listener.audience])
    except TableError as error:
        # The rows are of no harm: the next message finds them again, and they expire.
        logger.warning("a closed connection was not removed", exc_info=error)
