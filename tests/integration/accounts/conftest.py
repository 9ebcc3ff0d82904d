import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from gatherhub.accounts import passwords


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash in a fraction of the time. The real cost has no switch; a unit test holds it."""
    hasher = PasswordHasher.from_parameters(CHEAPEST)
    monkeypatch.setattr(passwords, "HASHER", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", hasher.hash("nobody"))
