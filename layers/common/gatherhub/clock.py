"""Time as GatherHub tells it: UTC, whole seconds, `2024-01-01T12:00:00Z`."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the present second in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def epoch() -> int:
    """Return the present second as Unix time."""
    return int(time.time())


def to_text(moment: datetime) -> str:
    """Return `moment` as text that sorts by time: `2024-01-01T12:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


def from_text(text: str) -> datetime:
    """Return the moment that `to_text` wrote."""
    return datetime.fromisoformat(text)


def from_epoch(seconds: int) -> datetime:
    """Return the moment of a Unix time."""
    return datetime.fromtimestamp(seconds, UTC)
