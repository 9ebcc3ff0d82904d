"""Every minute: hand each vote that ends next to the queue, which delivers it at its end."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.observability import logger
from gatherhub.voting import ending

aws.prepare("dynamodb", "sqs")


def handler(_event: dict[str, Any], _context: LambdaContext) -> None:
    """Send a message for each end; fails when one could not be sent, so that Lambda repeats it."""
    logger.info("scheduled", votes=ending.schedule())
