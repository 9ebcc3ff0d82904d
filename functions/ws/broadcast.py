"""The table's stream: tell the listeners what has changed."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.observability import logger
from gatherhub.realtime.broadcasting import broadcast

aws.prepare("dynamodb")


def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Tell of a batch and report from where on it must be delivered again.

    An exception makes Lambda cut the batch in two and deliver both halves again.
    """
    told = broadcast(event["Records"])
    logger.info(
        "broadcast",
        records=len(event["Records"]),
        messages=told.messages,
        posts=told.posts,
        pieces=told.pieces,
    )
    return {"batchItemFailures": [{"itemIdentifier": told.again}] if told.again else []}
