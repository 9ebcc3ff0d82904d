"""The queue of what could not be told, which raises an alarm (docs/operations.md)."""

import json
from collections.abc import Mapping
from typing import Any

from gatherhub import queues, settings
from gatherhub.observability import logger
from gatherhub.queues import NotSent


def keep(reason: str, details: Mapping[str, Any]) -> None:
    """Put a failure into the queue. One request; a failure to do so is logged, with the rest."""
    body = json.dumps({"reason": reason, **details}, default=str)
    try:
        queues.send(settings.failures_queue_url(), body)
    except NotSent:
        logger.exception("a failure was not kept", reason=reason, **details)
