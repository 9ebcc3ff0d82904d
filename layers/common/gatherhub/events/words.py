"""The words by which events are found: case and accents folded, as both sides of a search are."""

import re
import unicodedata
from collections.abc import Iterator

KEPT = 45
"""How many words of an event are found: an edit that changes all of them and the date as well must
fit one transaction (45 rows that go, 45 that come, 9 other actions; DynamoDB takes 100)."""

ASKED = 10
"""How many words of a query count; each is a request."""

_LONGEST = 200  # characters; a key holds 1,024 bytes

_RUN = re.compile(r"[^\W_]+")


def words(text: str) -> Iterator[str]:
    """Yield the words of a text in their order: runs of letters and digits, folded."""
    for word in _RUN.findall(_folded(text)):
        yield word[:_LONGEST]


def index_words(title: str, description: str) -> tuple[str, ...]:
    """Return the words under which an event is found: the first `KEPT`, the title's before all."""
    distinct = dict.fromkeys([*words(title), *words(description)])
    return tuple(distinct)[:KEPT]


def query_words(search: str) -> tuple[str, ...]:
    """Return the words that an event must have, each as the beginning of one of its own.

    What is the beginning of another word of the query is left out, as it asks for nothing more.
    """
    distinct = dict.fromkeys(words(search))
    asked = (
        word
        for word in distinct
        if not any(other != word and other.startswith(word) for other in distinct)
    )
    return tuple(asked)[:ASKED]


def _folded(text: str) -> str:
    # Folding can compose new accents ("İ"), so they are taken apart after it as well as before.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(c for c in folded if not unicodedata.category(c).startswith("M"))
