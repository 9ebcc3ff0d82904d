"""The queue of what could not be told, which raises an alarm (docs/operations.md)."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws, settings
from gatherhub.observability import logger


def keep(reason: str, details: Mapping[str, Any]) -> None:
    """Put a failure into the queue. One request; a failure to do so is logged, with the rest."""
    body = json.dumps({"reason": reason, **details}, default=str)
    try:
        aws.client("sqs").send_message(QueueUrl=settings.failures_queue_url(), MessageBody=body)
    except (BotoCoreError, ClientError):
        logger.exception("a failure was not kept", reason=reason, **details)
