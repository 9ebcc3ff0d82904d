"""Tasks are tried on the table in memory: moto copies its whole table for every transaction."""

from collections.abc import Iterator

import pytest

from tests.memory_table import MemoryTable


@pytest.fixture
def table() -> Iterator[MemoryTable]:
    """Give the test a table in memory that keeps the requests made of it."""
    with MemoryTable().installed() as memory:
        yield memory
