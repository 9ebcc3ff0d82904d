"""The queue of deadlines: close connections whose time is over, and ask old ones to reconnect."""

from aws_lambda_powertools.utilities.batch import EventType

from gatherhub import aws
from gatherhub.batches import consumer
from gatherhub.observability import logger
from gatherhub.realtime import enforcement

aws.prepare("dynamodb", "sqs")


def _enforce(body: str) -> None:
    logger.info("deadline", done=enforcement.enforce(body))


handler = consumer(EventType.SQS, _enforce, "a deadline was not enforced")
