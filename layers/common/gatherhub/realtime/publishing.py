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


def post(connection_id: str, data: bytes) -> Outcome:
    """Post to one connection and return what became of it."""
    return _post(_client(), connection_id, data)


def hang_up(connection_id: str) -> None:
    """Close a connection; does nothing when that has been done.

    ClientError or BotoCoreError when it can't be closed now.
    """
    try:
        _client().delete_connection(ConnectionId=connection_id)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != _GONE:
            raise


def post_to_all(message: Message, connection_ids: Iterable[str]) -> dict[str, Outcome]:
    """Post a message to connections side by side, and return what became of each post."""
    client = _client()
    data = message.text().encode()
    targets = list(connection_ids)
    outcomes = each(lambda connection_id: _post(client, connection_id, data), targets)
    return dict(zip(targets, outcomes, strict=True))


def _client() -> Any:
    return aws.client("apigatewaymanagementapi", settings.connections_url())


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
