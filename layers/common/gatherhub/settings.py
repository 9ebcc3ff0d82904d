"""What the stack tells a function through its environment, read once and typed.

Every value is set in `template.yaml`; nothing here has a default that hides a missing one, apart
from the limits that a stack may leave as they are.
"""

import os
from functools import lru_cache

VERSION = "1.0.0"
"""The version that the health endpoints and the OpenAPI description report."""


def required(name: str) -> str:
    """Return the environment variable `name`; RuntimeError names it when it is missing."""
    value = os.environ.get(name, "")
    if not value:
        raise RuntimeError(f"the environment variable {name} is not set")
    return value


def environment() -> str:
    """Return `local`, `staging` or `production`."""
    return os.environ.get("ENVIRONMENT", "local")


def table_name() -> str:
    """Return the name of the one DynamoDB table."""
    return required("TABLE_NAME")


def media_bucket() -> str:
    """Return the name of the private bucket that holds avatars."""
    return required("MEDIA_BUCKET")


def token_secret_id() -> str:
    """Return the ARN of the secret that signs tokens."""
    return required("TOKEN_SECRET_ARN")


def connections_url() -> str:
    """Return the URL of the WebSocket API's management endpoint (`@connections`)."""
    return required("CONNECTIONS_URL")


def closing_queue_url() -> str:
    """Return the URL of the queue whose messages come when a vote ends."""
    return required("CLOSING_QUEUE_URL")


def deliveries_queue_url() -> str:
    """Return the URL of the queue of slices, each messages for some of a crowd of connections."""
    return required("DELIVERIES_QUEUE_URL")


def failures_queue_url() -> str:
    """Return the URL of the queue that keeps what could not be told."""
    return required("FAILURES_QUEUE_URL")


def deadlines_queue_url() -> str:
    """Return the URL of the queue whose messages come when something is due for a connection."""
    return required("DEADLINES_QUEUE_URL")


def edge_key() -> str:
    """Return the key by which the edge proves itself, or "" when there is no edge."""
    return os.environ.get("EDGE_KEY", "")


def rate_limit() -> int:
    """Return the requests that one client may make in a minute."""
    return int(os.environ.get("RATE_LIMIT", "100"))


def ongoing_hours() -> int:
    """Return how many hours after its date an event counts as ongoing."""
    return int(os.environ.get("ONGOING_HOURS", "3"))


def audience_shards() -> int:
    """Return over how many partitions the listeners of a topic are spread.

    It may grow at any time. After it shrinks, connections of the partitions that are no longer
    read hear nothing until they connect anew (two hours at most).
    """
    return int(os.environ.get("AUDIENCE_SHARDS", "4"))


@lru_cache(maxsize=1)
def public_url() -> str:
    """Return the address at which clients reach the API, without a final slash.

    A stack without a configured address learns its own only once it is deployed, so it is kept in
    a parameter of Systems Manager then: the edge depends on the functions and can't be named in
    their environment. That costs one request in a container's life.
    """
    configured = os.environ.get("PUBLIC_URL", "")
    if configured:
        return configured.rstrip("/")
    from gatherhub import aws  # noqa: PLC0415  (most stacks never need the client)

    name = required("PUBLIC_URL_PARAMETER")
    value: str = aws.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    return value.rstrip("/")
