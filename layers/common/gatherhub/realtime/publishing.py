"""Posting one message to many connections."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws, settings
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.realtime.messages import Message

_GONE = 410


class Outcome(Enum):
    """What became of a post."""

    DELIVERED = "delivered"
    GONE = "gone"  # there is no such connection (any more, or not yet)
    FAILED = "failed"  # another attempt may succeed


def post(message: Message, connection_ids: Iterable[str]) -> dict[str, Outcome]:
    """Post a message to connections side by side, and return what became of each post."""
    client = aws.client("apigatewaymanagementapi", settings.connections_url())
    data = message.text().encode()
    targets = list(connection_ids)
    outcomes = each(lambda connection_id: _post(client, connection_id, data), targets)
    return dict(zip(targets, outcomes, strict=True))


def _post(client: Any, connection_id: str, data: bytes) -> Outcome:
    try:
        client.post_to_connection(ConnectionId=connection_id, Data=data)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == _GONE:
            return Outcome.GONE
        return _failed(connection_id, error)
    except BotoCoreError as error:
        return _failed(connection_id, error)
    return Outcome.DELIVERED


def _failed(connection_id: str, error: Exception) -> Outcome:
    logger.warning("a post failed", connection_id=connection_id, reason=str(error))
    return Outcome.FAILED
