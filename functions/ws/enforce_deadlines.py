"""The queue of deadlines: close connections whose time is over, and ask old ones to reconnect."""

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.observability import logger
from gatherhub.realtime import enforcement

aws.prepare("dynamodb", "sqs")

# A batch in which all fails is reported like any other, so that it is logged and retried as one.
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def _enforce(record: SQSRecord) -> None:
    try:
        done = enforcement.enforce(record.body)
    except Exception:
        logger.exception("a deadline was not enforced", message_id=record.message_id)
        raise
    logger.info("deadline", done=done, message_id=record.message_id)


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Look after each connection and report those messages that must be delivered again."""
    if not event["Records"]:  # Lambda sends no empty batch, but whoever warms the function does
        return {"batchItemFailures": []}
    return process_partial_response(
        event=event, record_handler=_enforce, processor=processor, context=context
    )
