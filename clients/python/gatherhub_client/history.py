"""Which messages are new, in which order: the client's rule of docs/realtime.md without sockets."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gatherhub_client.messages import Message, Topic

Subscription = tuple[Topic, int | None]
"""A topic, of one event or (None) of all."""

_Thing = tuple[str, int]
"""An event, task or vote: which of these, and its id."""

_TOPIC_OF: dict[str, Topic] = {"event": "events", "task": "tasks", "vote": "voting"}
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
        self._latest: dict[_Thing, str] = {}  # id of its last message; the oldest first
        self._fetched: dict[Subscription, str] = {}

    def begin(self, message_id: str) -> None:
        """Resume from this id until a message comes."""
        self.last_id = message_id

    def fetch(self, places: Iterable[Subscription], timestamp: str) -> None:
        """Take it that what these subscriptions are about is fetched from a moment on."""
        self._fetched |= dict.fromkeys(places, timestamp)

    def new(self, messages: Iterable[Message]) -> list[Message]:
        """Return what was not known, in the given order, and know it from now on."""
        fresh = []
        for message in messages:
            if message["id"] not in self._known:
                self._known[message["id"]] = self._clock()
                self.last_id = message["id"]
                self._note(message)
                fresh.append(message)
        # Afterwards: what was missed in a long absence overlaps with what was received before it.
        self._forget()
        return fresh

    def new_in_order(self, collected: Iterable[Message]) -> list[Message]:
        """Return what was not known of what was collected while resuming, sorted by id.

        Resuming may begin a little before the last message, with what was told before this client
        came. That is in what it has fetched, and would put back what has changed since. What was
        told of a thing before the last that was received of it is no news either, as each thing is
        told in order.
        """
        news = [
            message
            for message in collected
            if self._is_younger_than_what_was_fetched(message)
            and not self._is_older_than_the_last_of_its_thing(message)
        ]
        return self.new(sorted(news, key=lambda message: message["id"]))

    def _is_younger_than_what_was_fetched(self, message: Message) -> bool:
        kind, _, _ = message["type"].partition("_")
        event = _event_of(message)
        moments = [
            moment
            for (topic, narrowed), moment in self._fetched.items()
            if topic == _TOPIC_OF[kind] and (event is None or narrowed in {None, event})
        ]
        return not moments or message["timestamp"] >= min(moments)

    def _is_older_than_the_last_of_its_thing(self, message: Message) -> bool:
        thing = _thing_of(message)
        return thing is not None and message["id"] < self._latest.get(thing, "")

    def _note(self, message: Message) -> None:
        thing = _thing_of(message)
        if thing is None:
            return
        latest = max(message["id"], self._latest.pop(thing, ""))
        self._latest[thing] = latest
        if len(self._latest) > _MOST:
            del self._latest[next(iter(self._latest))]

    def _forget(self) -> None:
        oldest = self._clock() - _KEPT
        for known in list(self._known):
            if self._known[known] >= oldest and len(self._known) <= _MOST:
                break
            del self._known[known]


def _thing_of(message: Message) -> _Thing | None:
    """Return what a message is about; None when it does not say."""
    kind, _, _ = message["type"].partition("_")
    data: Mapping[str, Any] = message["data"]
    number = data.get(f"{kind}_id") or data.get("id")
    return (kind, number) if number else None


def _event_of(message: Message) -> int | None:
    """Return the event that a message is about; None when it does not say."""
    data: Mapping[str, Any] = message["data"]
    if message["type"] in {"event_created", "event_updated"}:
        event: int | None = data["id"]
    elif "event" in data:
        event = data["event"]["id"]
    else:
        event = data.get("event_id")
    return event
