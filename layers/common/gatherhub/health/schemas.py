"""What the health endpoints answer."""

from typing import Literal

from gatherhub.schemas import Response, UtcTime

State = Literal["healthy", "unhealthy"]


class Health(Response):
    """The function itself answers."""

    status: State
    timestamp: UtcTime
    version: str


class Check(Response):
    """One part; `latency_ms` is measured, `error` says in a sentence that it failed."""

    status: State
    latency_ms: float
    error: str | None = None


class Checks(Response):
    """The parts, under the names that monitors know."""

    database: Check
    redis: Check
    channels: Check


class Readiness(Response):
    """Whether every part is ready."""

    status: State
    timestamp: UtcTime
    checks: Checks
    total_latency_ms: float


class Liveness(Response):
    """Whether this function could load what it needs to serve."""

    status: Literal["alive", "unhealthy"]
    timestamp: UtcTime
    django_ready: bool
    error: str | None = None


class System(Response):
    """What the function runs on; there is no Django, so its version is null."""

    python_version: str
    platform: str
    django_version: None = None
    environment: str


class Database(Response):
    """The table: its status, what it is, and how many tables answer."""

    status: Literal["connected", "unavailable"]
    version: str
    table_count: int
    error: str | None = None


class Cache(Response):
    """The shared state that a cache would hold."""

    status: Literal["working", "unavailable"]
    backend: str
    error: str | None = None


class Status(Response):
    """The whole system on one page; `allowed_hosts` is empty while they can't be learnt."""

    status: Literal["ok", "degraded"]
    timestamp: UtcTime
    uptime_check_ms: float
    system: System
    database: Database
    cache: Cache
    debug_mode: bool
    allowed_hosts: list[str]
