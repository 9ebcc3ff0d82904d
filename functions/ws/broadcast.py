"""The table's stream: tell the listeners what has changed."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.observability import logger
from gatherhub.realtime.broadcasting import Batch

aws.prepare("dynamodb")

# A batch in which all fails is reported like any other, so that it is logged and retried as one.
processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Tell of each record in turn and report those that must be delivered again."""
    if not event["Records"]:  # Lambda sends no empty batch, but whoever warms the function does
        return {"batchItemFailures": []}
    batch = Batch()
    report = process_partial_response(
        event=event, record_handler=batch.tell, processor=processor, context=context
    )
    logger.info(
        "broadcast",
        records=len(event["Records"]),
        messages=batch.messages,
        posts=batch.posts,
        failures=len(report["batchItemFailures"]),
    )
    return report
