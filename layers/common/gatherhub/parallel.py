"""Independent requests, made side by side: they cost the time of the slowest."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gatherhub import aws

In = TypeVar("In")
Out = TypeVar("Out")


def each(function: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """Return `function` of each item, in their order; the first error that one raises is raised."""
    todo = list(items)
    if len(todo) <= 1:
        return [function(item) for item in todo]
    # More threads than a client keeps connections would only wait for one.
    with ThreadPoolExecutor(min(len(todo), aws.CONNECTIONS)) as pool:
        return list(pool.map(function, todo))
