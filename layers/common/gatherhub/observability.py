"""Logs and metrics: one JSON line and one metric record for each request, and nothing secret."""

from functools import lru_cache

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="gatherhub", use_rfc3339=True, log_uncaught_exceptions=False)

_SERVER_FAULT = 500


@lru_cache(maxsize=1)
def _metrics() -> Metrics:
    return Metrics(namespace="GatherHub", service="api")


def record_request(
    *, route: str, status: int, seconds: float, request_id: str, user_id: int | None
) -> None:
    """Write the log line and the metrics of one answered request.

    `route` is the template's route key, so that ids in paths don't multiply the metrics.
    """
    milliseconds = round(seconds * 1000, 1)
    logger.info(
        "request",
        route=route,
        status=status,
        duration_ms=milliseconds,
        request_id=request_id,
        user_id=user_id,
    )
    metrics = _metrics()
    metrics.add_dimension(name="route", value=route)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=milliseconds)
    if status >= _SERVER_FAULT:
        metrics.add_metric(name="Faults", unit=MetricUnit.Count, value=1)
    metrics.flush_metrics()
