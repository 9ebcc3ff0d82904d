import unicodedata
from typing import Any
from unittest.mock import Mock

import email_validator.syntax
import idna.core
import pytest
from pydantic import ValidationError

from gatherhub.accounts import names, passwords
from gatherhub.accounts.new_account import NewAccount
from gatherhub.accounts.schemas import LoginRequest

SECRET = "correct horse battery"
MARKS = "\u0300\u0316" * 1_000  # normalising orders them, by a sort of quadratic time


def account(**changes: Any) -> dict[str, Any]:
    return {"username": "ann", "email": "ann@example.org", "password": SECRET, **changes}


def wrong(**changes: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        NewAccount.model_validate(account(**changes))
    assert SECRET not in str(caught.value)
    return {".".join(map(str, entry["loc"])) for entry in caught.value.errors()}


@pytest.mark.parametrize(
    ("email", "kept"),
    [
        ("ann@example.org", "ann@example.org"),
        (" Ann.B+tag@Example.ORG ", "Ann.B+tag@example.org"),
        ("o'hara@sub.domain.museum", "o'hara@sub.domain.museum"),
        ("用户@例子.世界", "用户@例子.世界"),
        ("a@stack.test", "a@stack.test"),
        (f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.org", None),
    ],
)
def test_valid_addresses(email: str, kept: str | None) -> None:
    assert NewAccount.model_validate(account(email=email)).email == (kept or email)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example",
        "ann@localhost",
        "a@b@example.org",
        "Ann <ann@example.org>",
        "ann@example..org",
        ".ann@example.org",
        "ann@exam ple.org",
        "ann@[127.0.0.1]",
        "ann@example.org\nBcc: x@example.org",
        "a" * 65 + "@example.org",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.org",
        "\ud800@example.org",
        "ann@exam\ufe0fple.org",
    ],
)
def test_invalid_addresses(email: str) -> None:
    assert wrong(email=email) == {"email"}


@pytest.mark.parametrize("value", [None, 7, True, ["a"], {"a": 1}])
@pytest.mark.parametrize("field", ["username", "email", "password", "first_name", "last_name"])
def test_a_wrong_type_names_the_field(field: str, value: object) -> None:
    assert wrong(**{field: value}) == {field}


def test_every_wrong_field_is_named_at_once() -> None:
    bad = {"username": "a b", "email": "x", "password": "short", "first_name": "x" * 151}
    assert wrong(**bad) == set(bad)


def test_the_password_is_compared_with_both_names() -> None:
    assert wrong(username="longusername", password="LONGuserNAME") == {"password"}
    assert wrong(password="ann@example.org") == {"password"}
    assert wrong(password="\ud800aaaaaaaaaa") == {"password"}


@pytest.mark.parametrize(
    "changes",
    [
        {"username": "a" + MARKS},
        {"email": f"a{MARKS}@example.org"},
        {"email": f"ann@a{MARKS}.org"},
        {"email": "ann@example.org" + MARKS},
        {"password": "a" + MARKS},
    ],
)
def test_nothing_of_any_length_is_normalised(
    changes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    normaliser = Mock(wraps=unicodedata)
    for module in (names, passwords, email_validator.syntax, idna.core):
        monkeypatch.setattr(module, "unicodedata", normaliser)
    assert wrong(**changes) == set(changes)
    assert all(len(call.args[1]) <= 1_000 for call in normaliser.normalize.call_args_list)


def test_a_name_of_any_length_is_not_normalised_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "unicodedata", None)
    with pytest.raises(ValidationError):
        LoginRequest.model_validate({"username": "a" + MARKS, "password": SECRET})


def test_a_length_is_told_in_characters() -> None:
    with pytest.raises(ValidationError) as caught:
        NewAccount.model_validate(account(username="a" * 151, email="a" * 255))
    told = [entry["msg"] for entry in caught.value.errors()]
    assert told == [f"String should have at most {most} characters" for most in (150, 254)]


def test_unknown_fields_are_ignored_and_names_default_to_nothing() -> None:
    new = NewAccount.model_validate(account(is_admin=True, id=7))
    assert (new.first_name, new.last_name) == ("", "")
    assert not hasattr(new, "is_admin")


def test_nothing_that_prints_a_request_shows_the_password() -> None:
    new = NewAccount.model_validate(account())
    login = LoginRequest(username="ann", password=SECRET)
    for shown in (repr(new), str(new), str(new.model_dump()), new.model_dump_json()):
        assert SECRET not in shown
    for shown in (repr(login), str(login.model_dump()), login.model_dump_json()):
        assert SECRET not in shown


def test_a_login_needs_both_and_takes_any_password() -> None:
    for body in ({}, {"username": "ann"}, {"password": "x"}, {"username": "", "password": "x"}):
        with pytest.raises(ValidationError):
            LoginRequest.model_validate(body)
    with pytest.raises(ValidationError):
        LoginRequest.model_validate({"username": "ann", "password": "\ud800"})
    LoginRequest.model_validate({"username": "ann", "password": "x" * 10_000})
