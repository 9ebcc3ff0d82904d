import unicodedata
from pathlib import Path
from unittest.mock import Mock

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from gatherhub.accounts import password_rules, passwords

GOOD = "correct horse battery"


def test_a_hash_is_argon2id_with_a_salt_of_its_own() -> None:
    one, other = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert one.startswith("$argon2id$")
    assert one != other
    assert GOOD not in one
    assert passwords.matches(one, GOOD)
    assert not passwords.matches(one, GOOD + "!")


def test_the_cost_is_at_least_what_owasp_asks_for() -> None:
    parameters = extract_parameters(passwords.hashed(GOOD))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost) >= (47_104, 1)


def test_nobodys_hash_costs_what_a_real_one_costs() -> None:
    assert extract_parameters(passwords._NOBODY) == extract_parameters(passwords.hashed(GOOD))


def test_without_an_account_a_hash_is_verified_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        hasher = Mock(wraps=passwords.HASHER)
        patched.setattr(passwords, "HASHER", hasher)
        assert not passwords.matches(None, GOOD)
    hasher.verify.assert_called_once_with(passwords._NOBODY, GOOD.encode())


def test_even_the_password_of_nobodys_hash_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_NOBODY", passwords.hashed(GOOD))
    assert not passwords.matches(None, GOOD)


def test_one_password_is_one_however_its_letters_are_composed() -> None:
    assert passwords.matches(passwords.hashed("pässwört-1"), "pa\u0308sswo\u0308rt-1")


def test_the_longest_password_matches_also_when_its_letters_are_decomposed() -> None:
    longest = "\u1f82" * passwords.LONGEST
    assert passwords.matches(passwords.hashed(longest), unicodedata.normalize("NFD", longest))


@pytest.mark.parametrize("stored", [None, passwords.hashed(GOOD), passwords.hashed("")])
def test_what_is_too_long_is_wrong_at_the_price_of_any_other_and_never_normalised(
    stored: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    normaliser, hasher = Mock(wraps=unicodedata), Mock(wraps=passwords.HASHER)
    monkeypatch.setattr(passwords, "unicodedata", normaliser)
    monkeypatch.setattr(passwords, "HASHER", hasher)
    assert not passwords.matches(stored, "a" + "\u0300\u0316" * 400)
    assert all(len(call.args[1]) <= 512 for call in normaliser.normalize.call_args_list)
    hasher.verify.assert_called_once()


def test_a_hash_made_with_other_parameters_is_outdated() -> None:
    assert not passwords.outdated(passwords.hashed(GOOD))
    assert passwords.outdated(PasswordHasher(1, 8, 1).hash(GOOD))


@pytest.mark.parametrize(
    "password",
    [GOOD, "a1!b2?c3", "ünïcödé-pass", "x y z 1 2 3", "p" * 8 + "q", "é" * 7 + "xyz1" * 30],
)
def test_passwords_that_are_hard_to_guess(password: str) -> None:
    password_rules.check(password, ["ann", "ann@example.org"])


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "8 to 128"),
        ("1234567", "8 to 128"),
        ("seven77", "8 to 128"),
        ("x" * 129, "8 to 128"),
        ("8675309867", "digits"),
        ("٠١٢٣٤٥٦٧", "digits"),
        ("ann-the-first", "username"),
        ("ANN-THE-FIRST", "username"),
        ("Ann@Example.ORG", "e-mail"),
        ("password", "common"),
        ("Password1", "common"),
        ("QWERTY123", "common"),
        ("iloveyou", "common"),
    ],
)
def test_passwords_that_are_easy_to_guess(password: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        password_rules.check(password, ["Ann-the-First", "ann@example.org"])


def test_the_list_of_common_passwords_is_what_its_notice_says() -> None:
    listed = password_rules._common()
    assert len(listed) > 7_000
    assert all(len(entry) >= 8 and not entry.isdigit() for entry in listed)
    assert all(entry == entry.casefold() for entry in listed)
    notice = Path(password_rules.__file__).with_name("common_passwords.LICENSE").read_text()
    assert "Redistribution and use in source and binary forms" in notice
