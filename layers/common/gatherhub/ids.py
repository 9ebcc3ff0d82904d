"""Ids that need no counter: 41 bits of milliseconds since 2024 and 12 random bits.

They are JSON integers below 2^53, unique per kind by a condition in the table (a collision is drawn
again), and sort by creation to the millisecond.
"""

import secrets
import time

_EPOCH_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_RANDOM_BITS = 12
_WIDTH = 16  # decimal digits of 2^53

MAX_ID = 2**53 - 1


def new_id() -> int:
    """Return an id of the present millisecond."""
    elapsed = time.time_ns() // 1_000_000 - _EPOCH_MS
    return (elapsed << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)


def sortable(value: int) -> str:
    """Return `value` as text of fixed width, so that keys sort as the numbers do."""
    return f"{value:0{_WIDTH}d}"
