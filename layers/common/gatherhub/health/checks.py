"""Measurements of the parts that GatherHub stands on; every figure comes from a real call.

The reference names parts that this system does not have. Their keys stay for existing monitors:
`database` is the table, `redis` the shared state that Redis used to hold, `channels` the endpoint
that reaches WebSocket clients.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws, clock, settings
from gatherhub.accounts.signing import signing_keys
from gatherhub.errors import Problem
from gatherhub.observability import logger
from gatherhub.parallel import each
from gatherhub.table import keys
from gatherhub.table.conditions import absent, below, either
from gatherhub.table.errors import ConditionFailed, TableError
from gatherhub.table.reads import get
from gatherhub.table.writes import Update, write

_PROBE_TTL = 3_600  # seconds
_NOBODY = "L0SM9cOFvHcCIhw="  # well formed, and no connection has it: the answer is 410 Gone


@dataclass(frozen=True)
class Measurement:
    """How one part answered; `error` is None when it is healthy and never shows internals."""

    latency_ms: float
    error: str | None = None

    @property
    def healthy(self) -> bool:
        """Tell whether the part did what was asked."""
        return self.error is None


def side_by_side(*checks: Callable[[], Measurement]) -> list[Measurement]:
    """Return what the checks measure, in their order and in the time of the slowest."""
    return each(lambda check: check(), checks)


def milliseconds_since(started: float) -> float:
    """Return the time since a `time.perf_counter()` reading, in milliseconds to one digit."""
    return round((time.perf_counter() - started) * 1000, 1)


def measure(part: str, check: Callable[[], object]) -> Measurement:
    """Time one check; its failure is logged in full and reported as a sentence."""
    started = time.perf_counter()
    try:
        with aws.one_attempt():
            check()
    except (ClientError, BotoCoreError, TableError, Problem, RuntimeError, OSError) as error:
        logger.warning("health check failed", part=part, exc_info=error)
        return Measurement(milliseconds_since(started), f"The {part} did not answer as it should.")
    return Measurement(milliseconds_since(started))


def database() -> Measurement:
    """Measure a consistent read of the table."""
    return measure("database", lambda: get(keys.health()))


def shared_state() -> Measurement:
    """Measure a conditional write, as rate limits and sessions make them."""
    return measure("shared state", _conditional_write)


def channels() -> Measurement:
    """Measure a call to the endpoint that reaches WebSocket clients."""
    return measure("channels endpoint", _ask_for_nobody)


def address() -> Measurement:
    """Measure learning the public address, which may lie in a parameter of Systems Manager."""
    return measure("public address", settings.public_url)


def configuration() -> Measurement:
    """Measure loading what a function needs: its settings and the token secret."""
    return measure("configuration", _load_configuration)


def _conditional_write() -> None:
    moment = clock.epoch()
    try:
        write(
            Update(
                keys.health(),
                assign={
                    "probed_at": moment,
                    keys.KIND: "health",
                    keys.EXPIRES: moment + _PROBE_TTL,
                },
                when=either(absent(), below("probed_at", moment)),
            )
        )
    except ConditionFailed:
        # Another check wrote in the same second: the condition was evaluated, which is the point.
        return


def _ask_for_nobody() -> None:
    client = aws.client("apigatewaymanagementapi", settings.connections_url())
    try:
        client.get_connection(ConnectionId=_NOBODY)
    except client.exceptions.GoneException:
        return


def _load_configuration() -> None:
    settings.table_name()
    settings.public_url()
    signing_keys().current()
