"""A slice: messages, and the connections that are to get them.

A batch of changes is one slice; for a crowd it is cut into many, which are posted side by side.
"""

import zlib
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import islice

from pydantic import BaseModel

from gatherhub.realtime.connections import Listener
from gatherhub.realtime.messages import Message

LANES = 32
"""Over how many lanes a crowd is spread. Each is posted in order; they are posted side by side."""

_POSTS = 5_000  # in one slice, so that posting it takes seconds
_CONNECTIONS = 500
_BYTES = 150_000  # of messages as JSON; with the connections that stays below 256 KB


class Posting(BaseModel):
    """One message, as it is posted."""

    id: str
    text: str

    @classmethod
    def of(cls, message: Message) -> "Posting":
        """Return a message as it is posted."""
        return cls(id=message.id, text=message.text())


class Group(BaseModel):
    """Connections (by id; with the Unix second of their handshake) that get the same messages."""

    messages: tuple[int, ...]
    connections: dict[str, int]


class Slice(BaseModel):
    """Messages in their order, and who gets which of them (by their places in it)."""

    messages: list[Posting]
    groups: list[Group]

    @classmethod
    def of(
        cls, messages: Iterable[Message], audience: Mapping[str, tuple[Listener, Iterable[int]]]
    ) -> "Slice":
        """Return the slice of messages for an audience: by connection, who and which messages."""
        chosen = (
            (tuple(sorted(wanted)), connection_id, listener.opened_at)
            for connection_id, (listener, wanted) in audience.items()
        )
        return cls(messages=[Posting.of(message) for message in messages], groups=_groups(chosen))

    def connections(self) -> int:
        """Return how many connections get something."""
        return sum(len(group.connections) for group in self.groups)

    def only(self, chosen: Container[str]) -> "Slice":
        """Return what these connections get of it."""
        groups = [
            Group(
                messages=group.messages,
                connections={c: at for c, at in group.connections.items() if c in chosen},
            )
            for group in self.groups
        ]
        return Slice(messages=self.messages, groups=[g for g in groups if g.connections])

    def todo(self) -> dict[str, list[bytes]]:
        """Return by connection what is to be posted to it."""
        texts = [message.text.encode() for message in self.messages]
        return {
            connection_id: [texts[place] for place in group.messages]
            for group in self.groups
            for connection_id in group.connections
        }

    def since(self, place: int) -> "Slice":
        """Return what is left to be told from a message on."""
        return self._run(place, len(self.messages))

    def lane(self, number: int) -> Iterator["Slice"]:
        """Yield the slices of one lane, in the order in which they must be posted."""
        for some in self._some_connections(number):
            yield from some.runs()

    def _some_connections(self, lane: int) -> Iterator["Slice"]:
        chosen = (
            (group.messages, connection_id, opened_at)
            for group in self.groups
            for connection_id, opened_at in group.connections.items()
            if lane_of(connection_id) == lane
        )
        while some := list(islice(chosen, _CONNECTIONS)):
            yield Slice(messages=self.messages, groups=_groups(some))

    def runs(self) -> Iterator["Slice"]:
        """Yield this slice in pieces that fit into the queue and take seconds to post."""
        most = max(1, _POSTS // self.connections())
        runs: list[tuple[int, int]] = []
        start, size = 0, 0
        for place, message in enumerate(self.messages):
            length = len(message.model_dump_json().encode())
            if place - start == most or (size + length > _BYTES and size):
                runs.append((start, place))
                start, size = place, 0
            size += length
        for first, end in [*runs, (start, len(self.messages))]:
            run = self._run(first, end)
            if run.groups:
                yield run

    def _run(self, start: int, end: int) -> "Slice":
        groups = [
            Group(
                messages=tuple(place - start for place in group.messages if start <= place < end),
                connections=group.connections,
            )
            for group in self.groups
        ]
        return Slice(
            messages=self.messages[start:end], groups=[group for group in groups if group.messages]
        )


def _groups(chosen: Iterable[tuple[tuple[int, ...], str, int]]) -> list[Group]:
    groups: dict[tuple[int, ...], dict[str, int]] = {}
    for messages, connection_id, opened_at in chosen:
        groups.setdefault(messages, {})[connection_id] = opened_at
    return [Group(messages=key, connections=connections) for key, connections in groups.items()]


def lane_of(connection_id: str) -> int:
    """Return the lane of a connection; it never changes, so that nothing is overtaken."""
    return zlib.crc32(connection_id.encode()) % LANES
