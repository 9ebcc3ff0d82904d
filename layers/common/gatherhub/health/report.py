"""The answers of the health endpoints, put together from measurements."""

import platform
import time
from urllib.parse import urlsplit

from gatherhub import clock, settings
from gatherhub.health import checks
from gatherhub.health.schemas import (
    Cache,
    Check,
    Checks,
    Database,
    Health,
    Liveness,
    Readiness,
    Status,
    System,
)


def health() -> Health:
    """Return that the function answers."""
    return Health(status="healthy", timestamp=clock.now(), version=settings.VERSION)


def readiness() -> Readiness:
    """Measure all parts, side by side; `total_latency_ms` is how long that took together."""
    started = time.perf_counter()
    database, redis, channels = map(
        _check, checks.side_by_side(checks.database, checks.shared_state, checks.channels)
    )
    parts = Checks(database=database, redis=redis, channels=channels)
    ready = all(part.status == "healthy" for part in (database, redis, channels))
    return Readiness(
        status="healthy" if ready else "unhealthy",
        timestamp=clock.now(),
        checks=parts,
        total_latency_ms=checks.milliseconds_since(started),
    )


def liveness() -> Liveness:
    """Tell whether configuration, secret and table can be loaded."""
    configuration, table = checks.side_by_side(checks.configuration, checks.database)
    error = configuration.error or table.error
    return Liveness(
        status="unhealthy" if error else "alive",
        timestamp=clock.now(),
        django_ready=error is None,
        error=error,
    )


def status() -> Status:
    """Describe the system as it is now."""
    started = time.perf_counter()
    database, cache, address = checks.side_by_side(
        checks.database, checks.shared_state, checks.address
    )
    return Status(
        status="ok" if database.healthy and cache.healthy and address.healthy else "degraded",
        timestamp=clock.now(),
        uptime_check_ms=checks.milliseconds_since(started),
        system=System(
            python_version=platform.python_version(),
            platform=platform.system(),
            environment=settings.environment(),
        ),
        database=Database(
            status="connected" if database.healthy else "unavailable",
            version="Amazon DynamoDB 2012-08-10",
            table_count=1 if database.healthy else 0,
            error=database.error,
        ),
        cache=Cache(
            status="working" if cache.healthy else "unavailable",
            backend="dynamodb",
            error=cache.error,
        ),
        debug_mode=False,
        allowed_hosts=[urlsplit(settings.public_url()).hostname or ""] if address.healthy else [],
    )


def _check(measurement: checks.Measurement) -> Check:
    return Check(
        status="healthy" if measurement.healthy else "unhealthy",
        latency_ms=measurement.latency_ms,
        error=measurement.error,
    )
