"""The table's stream: remove what belonged to events and votes that were deleted."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.maintenance.removal import remove_leftovers
from gatherhub.observability import logger
from gatherhub.table.stream import read

aws.prepare("dynamodb")

# A batch in which all fails is reported like any other, so that it is logged and retried as one.
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def _remove(record: DynamoDBRecord) -> None:
    try:
        remove_leftovers(read(record.raw_event))
    except Exception:
        logger.exception("leftovers were not removed", event_id=record.event_id)
        raise


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Clean up after each deletion and report those that must be delivered again."""
    if not event["Records"]:  # Lambda sends no empty batch, but whoever warms the function does
        return {"batchItemFailures": []}
    return process_partial_response(
        event=event, record_handler=_remove, processor=processor, context=context
    )
