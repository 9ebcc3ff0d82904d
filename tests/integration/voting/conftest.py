"""A table in memory for each test, so that many requests cost little."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from gatherhub import clock
from tests.memory_table import MemoryTable


@pytest.fixture(autouse=True)
def table(stack: None) -> Iterator[MemoryTable]:
    with MemoryTable().installed() as memory:
        yield memory


class Clock:
    """The clock of the code under test, which tests may set forward."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self._ahead = timedelta()

    def now(self) -> datetime:
        return self._real() + self._ahead

    def advance_to(self, text: str) -> None:
        self._ahead += clock.from_text(text) - self.now()


@pytest.fixture
def time_machine(monkeypatch: pytest.MonkeyPatch) -> Clock:
    machine = Clock(clock.now)
    monkeypatch.setattr(clock, "now", machine.now)
    return machine
