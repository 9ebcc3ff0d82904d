"""The queue of ends: note that a vote has come to its end."""

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
from gatherhub.voting import ending

aws.prepare("dynamodb")

# A batch in which all fails is reported like any other, so that it is logged and retried as one.
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def _note(record: SQSRecord) -> None:
    try:
        noted = ending.receive(record.body)
    except Exception:
        logger.exception("the end of a vote was not noted", message_id=record.message_id)
        raise
    logger.info("end", noted=noted, message_id=record.message_id)


def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Note each end and report those that must be delivered again."""
    if not event["Records"]:  # Lambda sends no empty batch, but whoever warms the function does
        return {"batchItemFailures": []}
    return process_partial_response(
        event=event, record_handler=_note, processor=processor, context=context
    )
