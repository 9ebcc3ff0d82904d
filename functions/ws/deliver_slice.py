"""The queue of slices: post messages to some of a crowd of connections."""

from typing import Any

from aws_lambda_powertools.utilities.data_classes import SQSEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from gatherhub import aws
from gatherhub.observability import logger
from gatherhub.realtime.delivering import deliver, give_up, still_wanted
from gatherhub.realtime.slices import Slice

aws.prepare("dynamodb")

_ATTEMPTS = 5
"""So often a slice is posted; the queue delivers it a little more often (template.yaml)."""

_ATTEMPTS_FOR_FEW = 2
_FEW = 5
"""So few may have failed by themselves, and must not hold up the others of their lane for long."""


def handler(event: dict[str, Any], _: LambdaContext) -> None:
    """Post the slice of the one record; a failure makes the queue deliver it again."""
    for record in SQSEvent(event).records:
        attempt = int(record.attributes.approximate_receive_count)
        part = still_wanted(Slice.model_validate_json(record.body))
        patience = _ATTEMPTS if part.connections() >= _FEW else _ATTEMPTS_FOR_FEW
        if attempt > _ATTEMPTS:  # this function was stopped each time before it could give up
            give_up(part)
            continue
        posts = deliver(part, last_attempt=attempt >= patience)
        logger.info("slice", messages=len(part.messages), posts=posts, attempt=attempt)
