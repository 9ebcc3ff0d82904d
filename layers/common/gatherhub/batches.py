"""Batches from queues and streams, record by record: only what failed is delivered again."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub.observability import logger

Handler = Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]


def consumer(source: EventType, work: Callable[[Any], None], failure: str) -> Handler:
    """Return a handler that does `work` with each record and reports those for which it raised.

    `work` gets the body of a message, or a stream record as it comes. `failure` is for the log.
    """
    # A batch in which all fails is reported like any other: logged, and retried as one.
    processor = BatchProcessor(source, raise_on_entire_batch_failure=False)

    def do(record: Any) -> None:
        try:
            work(record.body if source is EventType.SQS else record.raw_event)
        except Exception:
            logger.exception(
                failure, record_id=record.raw_event.get("messageId") or record.event_id
            )
            raise

    def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        if not event["Records"]:  # Lambda sends none, but whoever warms the function does
            return {"batchItemFailures": []}
        return process_partial_response(
            event=event, record_handler=do, processor=processor, context=context
        )

    return handler
