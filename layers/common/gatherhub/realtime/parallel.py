"""Doing many requests side by side, with threads that live as long as the container."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from gatherhub import aws

In = TypeVar("In")
Out = TypeVar("Out")


def each(function: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
    """Return `function` of each item, in their order; the first error that one raises is raised."""
    return list(_pool().map(function, items))


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(aws.CONNECTIONS, thread_name_prefix="each")
