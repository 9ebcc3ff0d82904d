"""Pages of lists: which one a client asks for, and the envelope it gets."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlencode

from pydantic import BeforeValidator, Field

from gatherhub import settings
from gatherhub.errors import ErrorCode, Problem
from gatherhub.schemas import Request, Response

DEFAULT_SIZE = 20
LARGEST_SIZE = 100
_NUMBER = re.compile(r"[1-9]\d{0,14}", re.ASCII)

T = TypeVar("T")


def _number(value: Any) -> int:
    text = str(value)
    if not _NUMBER.fullmatch(text):
        raise ValueError("Enter a whole number from 1.")
    return int(text)


class Paging(Request):
    """The query parameters that every list takes; a size over the largest is cut to it."""

    page: Annotated[int, BeforeValidator(_number), Field(description="From 1.")] = 1
    page_size: Annotated[
        int, BeforeValidator(_number), Field(description=f"Up to {LARGEST_SIZE}.")
    ] = DEFAULT_SIZE

    @property
    def size(self) -> int:
        """Return how many entries a page has."""
        return min(self.page_size, LARGEST_SIZE)

    @property
    def offset(self) -> int:
        """Return how many entries lie before the page."""
        return (self.page - 1) * self.size


class Listing(Response, Generic[T]):
    """One page of a list; `count` is that of all pages."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]


def listing(
    path: str, raw_query: str, paging: Paging, count: int, results: Sequence[T]
) -> Listing[T]:
    """Return the envelope of a page; Problem `not_found` for one past the end, save the first."""
    if paging.page > 1 and paging.offset >= count:
        raise Problem(ErrorCode.NOT_FOUND, "The list has no such page.")
    more = paging.offset + paging.size < count
    return Listing(
        count=count,
        next=_link(path, raw_query, paging.page + 1) if more else None,
        previous=_link(path, raw_query, paging.page - 1) if paging.page > 1 else None,
        results=list(results),
    )


def _link(path: str, raw_query: str, page: int) -> str:
    kept = [(name, value) for name, value in parse_qsl(raw_query, keep_blank_values=True)]
    query = urlencode([*(pair for pair in kept if pair[0] != "page"), ("page", str(page))])
    return f"{settings.public_url()}{path}?{query}"
