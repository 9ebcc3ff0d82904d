import io
from contextlib import redirect_stdout
from typing import Any

import pytest

from gatherhub import clock, ids
from gatherhub.accounts import registration, tokens
from gatherhub.table import keys
from gatherhub.table.reads import get, query
from gatherhub.table.writes import transact
from tests.http import call
from tests.integration.accounts.support import (
    AUTH,
    PASSWORD,
    answer_lost,
    assert_problem,
    disturbed,
    login,
    member,
    profile,
    refused,
    register,
    stored,
)


def test_registering_signs_in() -> None:
    answer = register("Ann", first_name="Ann", last_name="Lee")
    assert answer.status == 201
    body = answer.json
    assert set(body) == {"access", "refresh", "user"}
    joined = body["user"].pop("date_joined")
    assert body["user"] == {
        "id": body["user"]["id"],
        "username": "Ann",
        "email": "Ann@example.org",
        "first_name": "Ann",
        "last_name": "Lee",
    }
    assert clock.to_text(clock.from_text(joined)) == joined
    assert 0 < body["user"]["id"] < 2**53
    assert profile(body["access"]).json["last_login"] == joined
    assert tokens.verify_refresh(body["refresh"]).user_id == body["user"]["id"]


@pytest.mark.parametrize("path", [f"{AUTH}/register", f"{AUTH}/register/"])
def test_with_and_without_slash(path: str) -> None:
    body = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}
    assert call("auth.register", "POST", path, body=body).status == 201


def test_names_are_optional_and_unknown_fields_ignored() -> None:
    answer = register(id=7, disabled=True, is_staff=True)
    assert (answer.json["user"]["first_name"], answer.json["user"]["last_name"]) == ("", "")
    assert "disabled" not in stored(answer.json["user"]["id"])


def test_what_is_stored() -> None:
    user = member()
    item = stored(user.id)
    assert item[keys.KIND] == "user"
    assert item["password_hash"].startswith("$argon2id$")
    claim = {keys.KIND: "username", "user_id": user.id, **keys.username("ann")._asdict()}
    assert get(keys.username("ann")) == claim
    [session] = query(keys.user(user.id).pk, "SESSION#")
    assert session[keys.KIND] == "session"
    assert session[keys.EXPIRES] > clock.epoch() + tokens.REFRESH_SECONDS
    assert user.refresh not in str(session)


@pytest.mark.parametrize(
    ("fields", "error", "named"),
    [
        ({"username": "ann"}, "username_taken", {"username"}),
        ({"username": "ANN"}, "username_taken", {"username"}),
        ({"email": "ann@example.org"}, "email_taken", {"email"}),
        ({"email": "ANN@Example.ORG"}, "email_taken", {"email"}),
        ({"username": "aNN", "email": "ann@EXAMPLE.org"}, "username_taken", {"username", "email"}),
        ({"username": "ann@example.org"}, "username_taken", {"username"}),
        ({"email": "bob@example.net"}, "email_taken", {"email"}),
    ],
)
def test_a_name_belongs_to_one_account(fields: Any, error: str, named: set[str]) -> None:
    member("ann")
    member("bob@example.net", email="bob@example.org")
    answer = register("new", **fields)
    assert_problem(answer, 409, error, *named)
    assert register("new").status == 201  # the refused one has left no claim behind


def test_a_username_may_be_the_own_address() -> None:
    member("bob@example.net", email="Bob@example.net")
    assert login("BOB@example.net").status == 200


@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_required_fields(field: str) -> None:
    body = {"username": "ann", "email": "ann@example.org", "password": PASSWORD}
    del body[field]
    answer = call("auth.register", "POST", f"{AUTH}/register/", body=body)
    assert_problem(answer, 400, "validation_error", field)
    assert answer.json["details"][field] == ["This field is required."]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"username": "a b"}, {"username"}),
        ({"username": 7}, {"username"}),
        ({"email": "nobody"}, {"email"}),
        ({"email": None}, {"email"}),
        ({"password": "1234567890"}, {"password"}),
        ({"password": "password1"}, {"password"}),
        ({"password": {"a": 1}}, {"password"}),
        ({"first_name": "x" * 151, "last_name": None}, {"first_name", "last_name"}),
        ({"username": "long-name-1", "password": "LONG-name-1"}, {"password"}),
    ],
)
def test_invalid_fields(fields: Any, named: set[str]) -> None:
    assert_problem(register(**fields), 400, "validation_error", *named)


@pytest.mark.parametrize(
    ("raw", "status", "error"),
    [
        ("{", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        ("[]", 400, "validation_error"),
        ("", 400, "validation_error"),
        ('{"username": NaN}', 400, "invalid_json"),
    ],
)
def test_invalid_bodies(raw: str | bytes, status: int, error: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = call("auth.register", "POST", f"{AUTH}/register/", raw=raw, headers=headers)
    assert_problem(answer, status, error)


def test_other_media_types() -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = call("auth.register", "POST", f"{AUTH}/register/", raw="a=b", headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")


def test_two_who_want_a_name_at_the_same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other registration is stored after this one's checks, just before its transaction."""
    first: list[int] = []

    def late(actions: Any) -> None:
        monkeypatch.setattr(registration, "transact", transact)
        first.append(register("ANN", email="other@example.org").status)
        transact(actions)

    monkeypatch.setattr(registration, "transact", late)
    assert_problem(register("ann"), 409, "username_taken", "username")
    assert first == [201]
    assert login("other@example.org").status == 200


def test_an_id_that_is_taken_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = member("ann").id
    drawn = iter([taken, taken, taken + 1])
    monkeypatch.setattr(ids, "new_id", lambda: next(drawn))
    bob = member("bob")
    assert bob.id == taken + 1
    assert stored(taken)["username"] == "ann"


def test_when_no_id_is_free_nothing_is_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = member("ann").id
    monkeypatch.setattr(ids, "new_id", lambda: taken)
    assert_problem(register("bob"), 503, "service_unavailable")
    assert get(keys.username("bob")) is None


def test_when_the_store_fails() -> None:
    with disturbed("TransactWriteItems", refused):
        assert_problem(register(), 503, "service_unavailable")
    assert register().status == 201


def test_when_the_answer_gets_lost_the_account_exists() -> None:
    with disturbed("TransactWriteItems", answer_lost):
        assert_problem(register(), 503, "service_unavailable")
    assert login().status == 200


def test_the_password_is_neither_answered_nor_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    printed = io.StringIO()
    with redirect_stdout(printed), caplog.at_level("INFO"):
        answers = [register(), register(email="x"), login(), login(password=PASSWORD + "?")]
        monkeypatch.setattr(registration, "transact", lambda _: 1 / 0)
        answers.append(register("bob"))
    assert answers[-1].status == 500
    for text in [printed.getvalue(), caplog.text, *(answer.text for answer in answers)]:
        assert PASSWORD not in text
        assert "$argon2" not in text


def test_other_methods() -> None:
    answer = call("fallback.no_route", "GET", f"{AUTH}/register/")
    assert_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
