"""The table's stream: remove what belonged to events and votes that were deleted."""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import EventType

from gatherhub import aws
from gatherhub.batches import consumer
from gatherhub.maintenance.removal import remove_leftovers
from gatherhub.table.stream import read

aws.prepare("dynamodb")


def _remove(record: Mapping[str, Any]) -> None:
    remove_leftovers(read(record))


handler = consumer(EventType.DynamoDBStreams, _remove, "leftovers were not removed")
