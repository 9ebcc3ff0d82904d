"""The one way to an AWS client: botocore alone, created on first use and kept for the container.

boto3's resource layer is left out because it adds a third to a cold start and nothing here uses it.
botocore itself is imported with the first client, so that what needs none (`/health/`) starts in
half the time; `prepare` brings that forward to where a container starts, when it is certain.
"""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session

_POOL = 50  # connections kept open by one client; posting to many sockets uses them all

_lock = threading.Lock()


@lru_cache(maxsize=1)
def _session() -> "Session":
    import botocore.session  # noqa: PLC0415

    return botocore.session.get_session()


def client(service: str, endpoint_url: str | None = None) -> Any:
    """Return the client of one AWS service, e.g. `dynamodb`, shared by all callers.

    `endpoint_url` is for services that have an address of their own per stack (`@connections`).
    """
    with _lock:  # many threads may use a client, but two must not make one at a time
        return _client(service, endpoint_url)


@lru_cache(maxsize=8)
def _client(service: str, endpoint_url: str | None) -> Any:
    from botocore.config import Config  # noqa: PLC0415

    # A call that hangs is worse than one that fails, as the function itself has seconds. The
    # standard mode retries transient errors and throttling with jitter.
    config = Config(
        connect_timeout=1,
        read_timeout=4,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
        parameter_validation=False,
        max_pool_connections=_POOL,
    )
    return _session().create_client(service, config=config, endpoint_url=endpoint_url)


def prepare(*services: str) -> None:
    """Create these clients while the container starts instead of in its first request."""
    for service in services:
        client(service)
