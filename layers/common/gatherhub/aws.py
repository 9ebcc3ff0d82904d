"""The one way to an AWS client: botocore alone, created on first use and kept for the container.

boto3's resource layer is left out because it adds a third to a cold start and nothing here uses it.
"""

from functools import lru_cache
from typing import Any

import botocore.session
from botocore.config import Config

# A call that hangs is worse than one that fails: the function itself has seconds. The standard
# mode retries transient errors and throttling with jitter.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
    parameter_validation=False,
)


@lru_cache(maxsize=1)
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@lru_cache(maxsize=8)
def client(service: str, endpoint_url: str | None = None) -> Any:
    """Return the client of one AWS service, e.g. `dynamodb`, shared by all callers.

    `endpoint_url` is for services that have an address of their own per stack (`@connections`).
    """
    return _session().create_client(service, config=_CONFIG, endpoint_url=endpoint_url)
