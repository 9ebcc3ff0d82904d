"""Passwords as they are kept: Argon2id hashes, and nothing by which to get them back."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

LONGEST = 128
"""The most characters that a password may have."""

# As many characters as a password of the greatest length can have when its letters are decomposed.
# Normalising takes a time that grows with the square of the length, so nothing longer gets there.
_LONGEST_TYPED = 4 * LONGEST

# What OWASP's cheat sheet names first for Argon2id: 46 MiB, one pass, one lane. That is a twentieth
# of a second of one vCPU; more lanes than a function has processors would only help the attacker.
HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)

# The hash of a password that nobody knows, with the same parameters. A name without an account is
# checked against it, so that it costs what a wrong password costs.
_NOBODY = (
    "$argon2id$v=19$m=47104,t=1,p=1$aBtS/Zo5tGeYiZse06CFFw$"
    "hRVWi5wAq/rL9EDkc+Yjf/4+wMVwiKmx0oz+Ur9o6bM"
)


def hashed(password: str) -> str:
    """Return the hash to store, which names its own parameters and salt."""
    return HASHER.hash(_bytes(password))


def matches(stored: str | None, password: str) -> bool:
    """Tell whether `password` has the hash `stored`.

    None, when there is no account, takes as long and is False, and so does a password that is
    longer than any can be.
    """
    if len(password) > _LONGEST_TYPED:
        stored, password = None, ""
    try:
        HASHER.verify(stored or _NOBODY, _bytes(password))
    except VerifyMismatchError:
        return False
    return stored is not None


def outdated(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than new ones are."""
    return HASHER.check_needs_rehash(stored)


def _bytes(password: str) -> bytes:
    # One password, whichever way the keyboard composed its letters (NIST SP 800-63B, 3.1.1.2).
    return unicodedata.normalize("NFKC", password).encode()
