"""Usernames and e-mail addresses: what they may be, and when two of them are the same."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.types import StringConstraints

from gatherhub.schemas import encodable

_SIGNS = frozenset("@.+-_")
_PUNYCODE = "xn--"
# Folding can make a text many times longer, and a key of the table holds 2,048 bytes.
_MAX_FOLDED_BYTES = 1_000


def fold(name: str) -> str:
    """Return the form in which two names are the same.

    That is Unicode's compatibility caseless match, and of an e-mail address's domain the form that
    people read. Its time grows with the square of the length: for text whose length was checked.
    """
    local, at, domain = _caseless(name).rpartition("@")
    if not at:
        return domain
    return local + at + ".".join(map(_spelt_out, domain.replace("\u3002", ".").split(".")))


def _caseless(text: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


def _spelt_out(label: str) -> str:
    """Return a part of a domain as people read it: `exämple` for `xn--exmple-cua`."""
    if not label.startswith(_PUNYCODE):
        return label
    try:
        decoded = label.removeprefix(_PUNYCODE).encode("ascii").decode("punycode")
        decoded.encode()
    except UnicodeError:
        return label
    spelt = _caseless(decoded)
    # Nothing that registering accepts; without this, folding twice could go on.
    strange = decoded.isascii() or spelt.startswith(_PUNYCODE) or {"@", "."} & set(spelt)
    return label if strange else spelt


def foldable(name: str) -> str:
    """Return `name`; ValueError when its folded form is too long for a key."""
    if len(fold(name).encode()) > _MAX_FOLDED_BYTES:
        raise ValueError("This name is too long.")
    return name


def _username(name: str) -> str:
    # The same letters whichever way the client's keyboard composed them.
    name = unicodedata.normalize("NFC", name)
    if not all(sign.isalpha() or sign.isdecimal() or sign in _SIGNS for sign in name):
        raise ValueError("Use letters, digits and @ . + - _ only.")
    return name


# The length comes first: whatever normalises must not get a text of any length.
Username = Annotated[
    str,
    StringConstraints(min_length=1, max_length=150),
    AfterValidator(encodable),
    AfterValidator(_username),
    AfterValidator(foldable),
    Field(description="Letters, digits and `@ . + - _`; unique ignoring case."),
]
LoginName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=254, strip_whitespace=True),
    AfterValidator(encodable),
    AfterValidator(foldable),
    Field(description="The username or the e-mail address."),
]
PersonalName = Annotated[
    str, StringConstraints(max_length=150, strip_whitespace=True), AfterValidator(encodable)
]
