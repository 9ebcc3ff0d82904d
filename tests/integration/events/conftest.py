from collections.abc import Iterator

import pytest

from tests.memory_table import MemoryTable


@pytest.fixture
def table(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryTable]:
    """Play on a table in memory, with room for many requests in a minute."""
    monkeypatch.setenv("RATE_LIMIT", "1000000")
    with MemoryTable().installed() as memory:
        yield memory
