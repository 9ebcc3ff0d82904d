"""Where avatars lie, and the address at which a browser loads them without credentials."""

import secrets

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws, settings
from gatherhub.errors import unavailable
from gatherhub.observability import logger

_FOLDER = "media/avatars"
# A picture never changes under its key; a new one gets a new key. Browsers may keep it for a year,
# but the edge for a day only, so that nobody else gets a removed one for longer.
_CACHING = "public, max-age=31536000, s-maxage=86400, immutable"


def url(key: str | None) -> str | None:
    """Return the absolute address of the picture stored under `key`; None when there is none."""
    return f"{settings.public_url()}/{key}" if key else None


def store(webp: bytes) -> str:
    """Store a picture and return its key; Problem `service_unavailable`. One request to S3."""
    key = f"{_FOLDER}/{secrets.token_hex(16)}.webp"
    try:
        aws.client("s3").put_object(
            Bucket=settings.media_bucket(),
            Key=key,
            Body=webp,
            ContentType="image/webp",
            CacheControl=_CACHING,
        )
    except (ClientError, BotoCoreError) as error:
        logger.error("an avatar could not be stored", exc_info=error)
        discard(key)  # it may have been, all the same
        raise unavailable() from error
    return key


def discard(key: str) -> None:
    """Remove a picture that no profile points to.

    A failure leaves a few kilobytes behind, so it is logged and no error. One request to S3.
    """
    try:
        aws.client("s3").delete_object(Bucket=settings.media_bucket(), Key=key)
    except (ClientError, BotoCoreError) as error:
        logger.warning("an avatar could not be removed", key=key, exc_info=error)
