"""At most so many requests by one client in each minute, counted in the table."""

from dataclasses import dataclass

from gatherhub import clock, settings
from gatherhub.table import keys
from gatherhub.table.conditions import absent, below, either
from gatherhub.table.errors import ConditionFailed
from gatherhub.table.writes import Update, write

WINDOW = 60  # seconds


@dataclass(frozen=True)
class Allowance:
    """What a client has left in the present window. `reset` is Unix seconds."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that every answer carries."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


def spend(subject: str) -> Allowance | None:
    """Count one request of `subject`; None when its minute is used up. One conditional write."""
    limit = settings.rate_limit()
    window = clock.epoch() // WINDOW
    reset = (window + 1) * WINDOW
    try:
        counter = write(
            Update(
                keys.rate(subject, window),
                add={"hits": 1},
                assign={keys.EXPIRES: reset + WINDOW, keys.KIND: "rate"},
                when=either(absent("hits"), below("hits", limit)),
            )
        )
    except ConditionFailed:
        return None
    return Allowance(limit, limit - int(counter["hits"]), reset)


def exhausted() -> Allowance:
    """Return the allowance of a client that has none left."""
    reset = (clock.epoch() // WINDOW + 1) * WINDOW
    return Allowance(settings.rate_limit(), 0, reset)
