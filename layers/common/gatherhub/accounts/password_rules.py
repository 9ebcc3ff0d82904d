"""Which passwords are too easy to guess to be accepted."""

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from gatherhub.accounts.names import fold
from gatherhub.accounts.passwords import LONGEST

SHORTEST = 8

# From Django's list (BSD licence, see common_passwords.LICENSE), the commonest first.
_COMMON = Path(__file__).with_name("common_passwords.txt")


def check(password: str, names: Iterable[str]) -> None:
    """Raise ValueError, saying why, for a password that an account with these names can't have."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError(f"Use {SHORTEST} to {LONGEST} characters.")
    if password.isdigit():
        raise ValueError("Don't use digits only.")
    folded = fold(password)
    if folded in map(fold, names):
        raise ValueError("Don't use your username or e-mail address.")
    if folded in _common():
        raise ValueError("This password is too common.")


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").splitlines())
