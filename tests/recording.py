"""What a call asks of the table: which requests, and which of them wait for which.

Threads would finish in any order, so what runs side by side is run one after the other here, and
each request is given the step in which it would begin: one more than the requests before it.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self
from unittest.mock import patch

from tests.memory_table import MemoryTable

_POOLS = ("gatherhub.parallel.ThreadPoolExecutor", "gatherhub.health.report.ThreadPoolExecutor")


class RecordingTable(MemoryTable):
    """A table that can tell the requests of one call as docs/access-patterns.md writes them."""

    def __init__(self) -> None:
        super().__init__()
        self._step = 0
        self._steps: dict[int, set[str]] = {}

    def requests_of(self, call: Callable[[], object]) -> str:
        """Return the requests of a call: steps by `→`, in each step what is independent by `∥`."""
        self._step, self._steps = 0, {}
        with self._inline():
            call()
        steps = [" ∥ ".join(sorted(self._steps[step])) for step in sorted(self._steps)]
        return " → ".join(steps) or "none"

    def _record(self, operation: str, **request: Any) -> None:
        super()._record(operation, **request)
        self._step += 1
        places = sorted({_place(partition) for partition in _partitions(request)})
        self._steps.setdefault(self._step, set()).add(f"{operation} {', '.join(places)}")

    @contextmanager
    def _inline(self) -> Iterator[None]:
        def pool(*_: int, **__: int) -> _Inline:
            return _Inline(self)

        with patch(_POOLS[0], pool), patch(_POOLS[1], pool):
            yield


class _Inline:
    """A pool of threads without threads: all that it runs begins at the same step."""

    def __init__(self, table: RecordingTable) -> None:
        self._table = table
        self._begin = self._end = table._step

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._table._step = self._end

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future[Any]":
        self._table._step = self._begin
        done: Future[Any] = Future()
        done.set_result(function(*arguments))
        self._end = max(self._end, self._table._step)
        return done

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
        return iter([self.submit(function, item).result() for item in items])


def _partitions(request: Any) -> Iterator[str]:
    """Yield every partition that is named anywhere in a request."""
    if isinstance(request, dict):
        for name, value in request.items():
            if name in {"pk", ":pk"}:
                yield value["S"]
            else:
                yield from _partitions(value)
    elif isinstance(request, list):
        for value in request:
            yield from _partitions(value)


def _place(partition: str) -> str:
    """Return what the document calls a partition: its kind, and of lists the name."""
    kind, separator, _ = partition.partition("#")
    if kind in {"LIST", "COUNT"}:
        return re.sub(r"\d+$", "…", partition)
    return kind + separator
