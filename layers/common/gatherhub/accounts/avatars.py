"""Where avatars lie, and the address at which a browser loads them without credentials."""

from gatherhub import settings


def url(key: str | None) -> str | None:
    """Return the absolute address of the picture stored under `key`; None when there is none."""
    return f"{settings.public_url()}/{key}" if key else None
