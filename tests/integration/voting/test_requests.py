"""What writes cost, by how many have a vote."""

from collections.abc import Callable

import pytest

from gatherhub.voting import ending
from tests.integration.voting.support import (
    MEMBER,
    a_party,
    cast,
    close,
    create,
    created,
    delete,
)
from tests.memory_table import MemoryTable


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party()


def note_end(vote_id: int) -> None:
    ending.receive(f'{{"vote_id": {vote_id}, "end": "2040-01-01T12:00:00Z"}}')


@pytest.mark.parametrize("participants", [1, 800])
def test_how_much_is_written(
    table: MemoryTable, participants: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction costs two write units for each item of up to a kilobyte."""
    monkeypatch.setattr(ending.Due, "seconds_left", lambda _: 0.0)
    a_party(participants=participants)
    shards = 1 if participants == 1 else 16
    sizes: dict[str, list[int]] = {}

    def actions(name: str, act: Callable[[], object]) -> None:
        start = len(table.requests)
        act()
        sizes[name] = [
            len(body["items"])
            for operation, body in table.requests[start:]
            if operation == "TransactWriteItems"
        ]

    actions("create", create)
    vote_id, open_ended = created(), created(ends_at=None)
    actions("cast", lambda: cast(vote_id, MEMBER, 1))
    actions("close", lambda: close(open_ended))
    actions("end", lambda: note_end(vote_id))
    actions("delete", lambda: delete(vote_id))
    assert sizes == {
        "create": [7 + shards],
        "cast": [3],
        "close": [10 + shards],
        "end": [2 + shards],
        "delete": [6 + shards],
    }
