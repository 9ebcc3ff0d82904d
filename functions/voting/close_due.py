"""The queue of ends: note that a vote has come to its end."""

from aws_lambda_powertools.utilities.batch import EventType

from gatherhub import aws
from gatherhub.batches import consumer
from gatherhub.observability import logger
from gatherhub.voting import ending

aws.prepare("dynamodb")


def _note(body: str) -> None:
    logger.info("end", noted=ending.receive(body))


handler = consumer(EventType.SQS, _note, "the end of a vote was not noted")
