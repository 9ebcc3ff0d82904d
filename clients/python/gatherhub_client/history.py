"""Which messages are new, in which order: the client's rule of docs/realtime.md without sockets."""

import time
from collections.abc import Callable, Iterable

from gatherhub_client.messages import Message

_KEPT = 300.0  # seconds
_MOST = 20_000


class History:
    """What was received: the ids of the past five minutes, and where to resume.

    `last_id` is that of the last message that told a change, or of `authenticated` or `resumed`
    when a connection began with that: they say what they come after. Any other answer may have
    overtaken a message that is on its way; to resume from it would lose that.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.last_id: str | None = None
        self._clock = clock
        self._known: dict[str, float] = {}  # the oldest first

    def begin(self, message_id: str) -> None:
        """Resume from this id until a message comes."""
        self.last_id = message_id

    def new(self, messages: Iterable[Message]) -> list[Message]:
        """Return what was not known, in the given order, and know it from now on."""
        fresh = []
        for message in messages:
            if message["id"] not in self._known:
                self._known[message["id"]] = self._clock()
                self.last_id = message["id"]
                fresh.append(message)
        # Afterwards: what was missed in a long absence overlaps with what was received before it.
        self._forget()
        return fresh

    def new_in_order(self, collected: Iterable[Message]) -> list[Message]:
        """Return what was not known of what was collected while resuming, sorted by id."""
        return self.new(sorted(collected, key=lambda message: message["id"]))

    def _forget(self) -> None:
        oldest = self._clock() - _KEPT
        for known in list(self._known):
            if self._known[known] >= oldest and len(self._known) <= _MOST:
                break
            del self._known[known]
