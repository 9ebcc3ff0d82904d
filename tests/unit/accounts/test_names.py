import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gatherhub.accounts.names import LoginName, PersonalName, Username, fold

username = TypeAdapter[str](Username)
login_name = TypeAdapter[str](LoginName)
personal_name = TypeAdapter[str](PersonalName)


@pytest.mark.parametrize(
    "name", ["a", "Ann.B+c-d_e@f", "7", "a" * 150, "Zoë", "Łukasz", "田中", "١٢٣", "ΣΊΣΥΦΟΣ"]
)
def test_usernames_are_kept_as_typed(name: str) -> None:
    assert username.validate_python(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a" * 151,
        "a b",
        " a",
        "a\n",
        "a/b",
        "a#b",
        "a\x00",
        "(a)",
        "½",
        "a\u200b",
        "\ud800",
        "🙂",
    ],
)
def test_usernames_of_anything_else_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        username.validate_python(name)


def test_a_username_is_the_same_however_its_letters_are_composed() -> None:
    assert username.validate_python(unicodedata.normalize("NFD", "Zoë")) == "Zoë"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ANN", "ann"),
        ("Straße", "STRASSE"),
        ("ﬁn", "FIN"),
        ("\uff2b", "k"),
        ("ΣΣ", "σς"),
        ("É", "é"),
        ("x@exämple.de", "X@XN--EXMPLE-CUA.de"),
        ("x@straße.例え", "x@xn--strae-oqa.xn--r8jz45g"),
        ("x@a.b", "x@a。b"),
    ],
)
def test_names_that_read_the_same_are_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("name", ["xn--exmple-cua", "x@xn--", "x@xn--a-", "x@xn--99999999", "x@."])
def test_what_only_looks_like_a_domain_stays(name: str) -> None:
    assert fold(name) == name


@given(st.text(max_size=40) | st.text(max_size=40).map(lambda text: f"x@xn--{text}.de"))
@example("x@" + "xn--" + "\u2026a".encode("punycode").decode())
@example("x@" + "xn--" + "xn--\uff41".encode("punycode").decode())
def test_folding_is_final(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert fold(name.upper().lower()) == fold(fold(name.upper().lower()))


def test_a_name_whose_folded_form_would_not_fit_a_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="too long"):
        username.validate_python("\ufdfa" * 150)
    with pytest.raises(ValidationError, match="too long"):
        login_name.validate_python("\ufdfa" * 254)
    assert len(fold(login_name.validate_python("\u0390" * 150)).encode()) <= 1_000


def test_a_login_name_can_be_anything_else_that_fits() -> None:
    assert login_name.validate_python("no such name!") == "no such name!"
    assert login_name.validate_python(" ann@example.org\n") == "ann@example.org"
    for bad in ("", " ", "a" * 255):
        with pytest.raises(ValidationError):
            login_name.validate_python(bad)


def test_personal_names_are_stripped_and_limited() -> None:
    assert personal_name.validate_python("  Ann Marie ") == "Ann Marie"
    assert personal_name.validate_python("x" * 150 + " ") == "x" * 150
    with pytest.raises(ValidationError):
        personal_name.validate_python("x" * 151)
