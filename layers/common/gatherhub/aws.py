"""The one way to an AWS client: botocore alone, created on first use and kept for the container.

boto3's resource layer is left out because it adds a third to a cold start and nothing here uses it.
botocore itself is imported with the first client, so that what needs none (`/health/`) starts in
half the time; `prepare` brings that forward to where a container starts, when it is certain.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session

CONNECTIONS = 50
"""How many connections one client keeps open, and so how many threads can use it at once."""

# A call that hangs is worse than one that fails, as a function itself has fifteen seconds, and may
# need to undo something with the rest of them. What answers in milliseconds gets little.
_CONNECT_SECONDS = 1
_READ_SECONDS = 1.5
_LONGER_READ_SECONDS = {"s3": 2.0, "apigatewaymanagementapi": 4.0}
_ATTEMPTS = 2

_MISTAKES = frozenset(
    {"ValidationException", "SerializationException", "IdempotentParameterMismatchException"}
)

_lock = threading.Lock()
_attempts = ContextVar("attempts", default=_ATTEMPTS)


@lru_cache(maxsize=1)
def _session() -> "Session":
    import botocore.session  # noqa: PLC0415

    return botocore.session.get_session()


def client(service: str, endpoint_url: str | None = None) -> Any:
    """Return the client of one AWS service, e.g. `dynamodb`, shared by all callers.

    `endpoint_url` is for services that have an address of their own per stack (`@connections`).
    """
    with _lock:  # many threads may use a client, but two must not make one at a time
        return _client(service, endpoint_url, _attempts.get())


@contextmanager
def one_attempt() -> Iterator[None]:
    """Make the calls of this thread fail at their first failure, which is what a check is after."""
    before = _attempts.set(1)
    try:
        yield
    finally:
        _attempts.reset(before)


@lru_cache(maxsize=16)
def _client(service: str, endpoint_url: str | None, attempts: int) -> Any:
    from botocore.config import Config  # noqa: PLC0415

    # The standard mode retries transient errors and throttling with jitter.
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_LONGER_READ_SECONDS.get(service, _READ_SECONDS),
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        parameter_validation=False,
        max_pool_connections=CONNECTIONS,
    )
    return _session().create_client(service, config=config, endpoint_url=endpoint_url)


def is_outage(error: Exception) -> bool:
    """Tell whether a call failed for what a service is or has now, and not for what we asked of it.

    A table, secret or permission that is missing counts: a request is as good a second time.
    """
    from botocore.exceptions import (  # noqa: PLC0415
        BotoCoreError,
        ClientError,
        ParamValidationError,
    )

    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") not in _MISTAKES
    return isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError)


def credentials() -> "ReadOnlyCredentials":
    """Return the role's present credentials; ask anew for each piece of work, as they expire.

    Raises BotoCoreError when there are none, or they could not be renewed.
    """
    from botocore.exceptions import NoCredentialsError  # noqa: PLC0415

    with _lock:
        found = _session().get_credentials()
    if found is None:
        raise NoCredentialsError
    return found.get_frozen_credentials()


def region() -> str:
    """Return the region of the stack; raises BotoCoreError when none is set."""
    from botocore.exceptions import NoRegionError  # noqa: PLC0415

    with _lock:
        found: str | None = _session().get_config_variable("region")
    if not found:
        raise NoRegionError
    return found


def certificates() -> str:
    """Return the file of the certificate authorities that clients trust."""
    from botocore.httpsession import get_cert_path  # noqa: PLC0415

    with _lock:
        configured = _session().get_config_variable("ca_bundle")
    return str(get_cert_path(configured or True))


def prepare(*services: str) -> None:
    """Create these clients while the container starts instead of in its first request."""
    for service in services:
        client(service)
