"""At most ten failed logins for one account or name in any quarter of an hour.

An attempt is counted before its password is looked at, by a conditional write, so that parallel
guesses can't be more than ten either; a right password takes its own attempt back. Each attempt is
an attribute of its own (`at_…`, the time it was made) beside their number, since a condition can't
count attributes.

So a young attempt may be one that is just being decided. When ten are in the way and one of them is
young, the next waits for it instead of being refused: only what has failed locks an account.
"""

import random
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatherhub import clock
from gatherhub.errors import rate_limited
from gatherhub.table import keys
from gatherhub.table.conditions import absent, below, both, either, present
from gatherhub.table.errors import ConditionFailed, StoreUnavailable
from gatherhub.table.writes import Update, write

LIMIT = 10
WINDOW = 900  # seconds

_TTL = WINDOW + 3_600
_PREFIX = "at_"
_DECIDED = 3  # seconds after which an attempt that still counts has failed
# Rounds that found no room. Those that wait last a fifth of a second on average.
_ROUNDS = 30
_LONGEST_WAIT = 0.4


@dataclass(frozen=True)
class Attempt:
    """One counted login attempt."""

    key: keys.Key
    mark: str

    def taken_back(self) -> Update:
        """Return the write that stops counting it."""
        return Update(self.key, add={"hits": -1}, remove=(self.mark,), when=present(self.mark))

    def take_back(self) -> None:
        """Stop counting it, once. One write."""
        try:
            write(self.taken_back())
        except ConditionFailed:
            return  # a repeat of our own write whose answer got lost


def begin(subject: str) -> Attempt:
    """Count an attempt; Problem `rate_limit_exceeded` when ten have failed lately.

    Refused attempts are not counted, so a lock ends a quarter of an hour after the failures that
    caused it. One conditional write, two more when the failures of an earlier time are in the way,
    and one five times a second, for three seconds at most, while others may still turn out right.
    StoreUnavailable when more logins of one account go on at the same time than get a turn.
    """
    attempt = Attempt(keys.login_failures(subject), _PREFIX + secrets.token_hex(8))
    for _ in range(_ROUNDS):
        now = clock.epoch()
        try:
            write(_counted(attempt, now))
        except ConditionFailed as failure:
            [stored] = failure.items
            marks = _marks(stored or {})
            if attempt.mark in marks:
                return attempt  # a repeat of our own write whose answer got lost
            _make_room(attempt.key, marks, now)
        else:
            return attempt
    raise StoreUnavailable("too many logins of one account")


def _counted(attempt: Attempt, now: int) -> Update:
    return Update(
        attempt.key,
        assign={attempt.mark: now, keys.KIND: "login_failures", keys.EXPIRES: now + _TTL},
        add={"hits": 1},
        when=both(absent(attempt.mark), either(absent("hits"), below("hits", LIMIT))),
    )


def _make_room(key: keys.Key, marks: Mapping[str, int], now: int) -> None:
    over = tuple(mark for mark, made in marks.items() if made <= now - WINDOW)
    if not over:
        if any(made > now - _DECIDED for made in marks.values()):
            time.sleep(random.uniform(0, _LONGEST_WAIT))  # noqa: S311
            return
        raise rate_limited(LIMIT, "15 minutes", min(marks.values(), default=now) + WINDOW)
    try:
        write(Update(key, add={"hits": -len(over)}, remove=over, when=both(*map(present, over))))
    except ConditionFailed:
        return  # another attempt made room first


def _marks(item: Mapping[str, Any]) -> dict[str, int]:
    return {name: made for name, made in item.items() if name.startswith(_PREFIX)}
