import base64
import json
import time
from typing import Any

import jwt
import pytest

from gatherhub import aws, clock, settings
from gatherhub.accounts import tokens
from gatherhub.table import keys
from gatherhub.table.reads import query
from tests.http import call
from tests.integration.accounts.support import (
    AUTH,
    Member,
    answer_lost,
    assert_problem,
    disturbed,
    login,
    logout,
    member,
    profile,
    refresh,
    refused,
    repeated,
    set_disabled,
)

KEY = "a" * 64


@pytest.fixture
def ann() -> Member:
    return member("ann")


@pytest.fixture
def earlier(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Do something as if it were `seconds` ago."""

    def do(seconds: int, what: Any, *arguments: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(clock, "epoch", lambda: int(time.time()) - seconds)
            return what(*arguments)

    return do


def forged(token: str, *, key: str = KEY, algorithm: str | None = None, **claims: Any) -> str:
    """Return the token with other claims, signed by `key` under its own key id."""
    header = jwt.get_unverified_header(token)
    body = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(
        {**body, **claims}, key, algorithm or header["alg"], headers={"kid": header["kid"]}
    )


# ---- refreshing --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{AUTH}/refresh", f"{AUTH}/refresh/"])
def test_a_refresh_token_gets_a_new_pair(path: str, ann: Member) -> None:
    answer = call("auth.refresh", "POST", path, body={"refresh": ann.refresh})
    assert answer.status == 200
    assert set(answer.json) == {"access", "refresh"}
    assert answer.json["refresh"] != ann.refresh
    assert profile(answer.json["access"]).json["id"] == ann.id
    claims = jwt.decode(answer.json["refresh"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 7 * 86_400
    claims = jwt.decode(answer.json["access"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == 3_600


def test_a_family_goes_on(ann: Member) -> None:
    token = ann.refresh
    for _ in range(5):
        token = refresh(token).json["refresh"]
    assert len(query(keys.user(ann.id).pk, "SESSION#")) == 1


def test_the_second_use_of_a_token_ends_its_family_and_no_other(ann: Member) -> None:
    other = login().json["refresh"]
    second = refresh(ann.refresh).json["refresh"]
    assert_problem(refresh(ann.refresh), 401, "token_invalid")
    assert_problem(refresh(second), 401, "token_invalid")
    assert refresh(other).status == 200


def test_a_token_from_long_ago_in_the_family_ends_it_as_well(ann: Member) -> None:
    second = refresh(ann.refresh).json["refresh"]
    third = refresh(second).json["refresh"]
    assert refresh(ann.refresh).status == 401
    assert refresh(third).status == 401


def test_of_two_uses_at_the_same_time_one_wins_and_the_family_ends(ann: Member) -> None:
    """The other use is stored between this one's checks and its transaction."""
    winners: list[str] = []

    def late(make: Any, _: Any) -> Any:
        if not winners:
            winners.append("")
            winners[0] = refresh(ann.refresh).json["refresh"]
        return make()

    with disturbed("TransactWriteItems", late):
        assert_problem(refresh(ann.refresh), 401, "token_invalid")
    assert_problem(refresh(winners[0]), 401, "token_invalid")


def test_an_expired_token(ann: Member, earlier: Any) -> None:
    old = earlier(7 * 86_400 + 1, tokens.issue_refresh, ann.id, "family", "token")
    assert_problem(refresh(old), 401, "token_expired")


def test_a_token_is_good_until_its_last_moment(ann: Member, earlier: Any) -> None:
    old = earlier(7 * 86_400 - 60, lambda: login().json["refresh"])
    assert refresh(old).status == 200


def test_neither_token_passes_for_the_other(ann: Member) -> None:
    assert_problem(refresh(ann.access), 401, "token_invalid")
    assert_problem(profile(ann.refresh), 401, "token_invalid")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "....", "null", "x" * 10_000])
def test_malformed_tokens(token: str, ann: Member) -> None:
    assert_problem(refresh(token), 401, "token_invalid")


def test_forged_tokens(ann: Member) -> None:
    head, body, signature = ann.refresh.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    for token in (
        forged(ann.refresh, key="b" * 64),
        forged(ann.refresh, algorithm="HS512"),
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.{signature[::-1]}",
        jwt.encode({"sub": "1"}, KEY, "HS256"),
        jwt.encode({"sub": "1"}, KEY, "HS256", headers={"kid": "made-up"}),
    ):
        assert_problem(refresh(token), 401, "token_invalid")
    assert refresh(ann.refresh).status == 200  # none of them has ended the family


def test_a_genuine_token_of_a_login_that_never_was(ann: Member) -> None:
    for token in (
        tokens.issue_refresh(ann.id, "no such family", "token"),
        tokens.issue_refresh(ann.id + 1, "no such user", "token"),
    ):
        assert_problem(refresh(token), 401, "token_invalid")


def test_a_disabled_account_can_not_refresh(ann: Member) -> None:
    set_disabled(ann.id)
    assert_problem(refresh(ann.refresh), 401, "account_disabled")
    set_disabled(ann.id, disabled=False)
    assert refresh(ann.refresh).status == 200


def test_a_used_token_of_a_disabled_account_ends_its_family(ann: Member) -> None:
    second = refresh(ann.refresh).json["refresh"]
    set_disabled(ann.id)
    assert_problem(refresh(ann.refresh), 401, "token_invalid")
    set_disabled(ann.id, disabled=False)
    assert_problem(refresh(second), 401, "token_invalid")


@pytest.mark.parametrize("body", [{}, {"refresh": None}, {"refresh": 7}, {"refresh": ["x"]}])
def test_refresh_needs_a_token(body: Any) -> None:
    answer = call("auth.refresh", "POST", f"{AUTH}/refresh/", body=body)
    assert_problem(answer, 400, "validation_error", "refresh")


def test_refresh_when_the_store_fails(ann: Member) -> None:
    with disturbed("TransactWriteItems", refused):
        assert_problem(refresh(ann.refresh), 503, "service_unavailable")
    assert refresh(ann.refresh).status == 200


def test_refresh_when_the_answer_gets_lost(ann: Member) -> None:
    """The exchange has taken place: the old token is dead, as the contract says."""
    with disturbed("TransactWriteItems", answer_lost):
        assert_problem(refresh(ann.refresh), 503, "service_unavailable")
    assert_problem(refresh(ann.refresh), 401, "token_invalid")


def test_rotating_the_secret_logs_nobody_out(ann: Member) -> None:
    aws.client("secretsmanager").put_secret_value(
        SecretId=settings.token_secret_id(), SecretString="c" * 64
    )
    assert profile(ann.access).status == 200
    assert refresh(ann.refresh).status == 200


def test_a_clock_that_is_a_moment_ahead_does_no_harm(ann: Member, earlier: Any) -> None:
    ahead = earlier(-5, tokens.issue_access, ann.id)
    assert profile(ahead).status == 200


# ---- logging out -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{AUTH}/logout", f"{AUTH}/logout/"])
def test_logging_out_ends_the_family(path: str, ann: Member) -> None:
    body = {"refresh": ann.refresh}
    answer = call("auth.logout", "POST", path, token=ann.access, body=body)
    assert answer.status == 200
    assert answer.json == {"message": "Successfully logged out"}
    assert_problem(refresh(ann.refresh), 401, "token_invalid")
    assert login().status == 200


def test_logging_out_again_is_fine(ann: Member) -> None:
    for _ in range(3):
        assert logout(ann.access, ann.refresh).status == 200


def test_any_token_of_the_family_ends_it(ann: Member) -> None:
    second = refresh(ann.refresh).json["refresh"]
    assert logout(ann.access, ann.refresh).status == 200
    assert_problem(refresh(second), 401, "token_invalid")


def test_other_logins_go_on(ann: Member) -> None:
    other = login().json
    assert logout(other["access"], ann.refresh).status == 200
    assert refresh(other["refresh"]).status == 200


def test_an_expired_token_of_the_caller_is_accepted(ann: Member, earlier: Any) -> None:
    old = earlier(8 * 86_400, lambda: login().json["refresh"])
    assert logout(ann.access, old).status == 200
    forgotten = earlier(30 * 86_400, tokens.issue_refresh, ann.id, "family", "token")
    assert logout(ann.access, forgotten).status == 200
    assert len(query(keys.user(ann.id).pk, "SESSION#")) == 2  # nothing was made up


def test_the_token_of_somebody_else_is_refused_and_lives_on(ann: Member) -> None:
    bob = member("bob")
    answer = logout(ann.access, bob.refresh)
    assert_problem(answer, 400, "validation_error", "refresh")
    assert refresh(bob.refresh).status == 200


def test_what_is_no_refresh_token_is_refused(ann: Member) -> None:
    for token in ("", "x", "a.b.c", ann.access, forged(ann.refresh, key="b" * 64), None, 7):
        assert_problem(logout(ann.access, token), 400, "validation_error", "refresh")
    answer = call("auth.logout", "POST", f"{AUTH}/logout/", token=ann.access, body={})
    assert_problem(answer, 400, "validation_error", "refresh")
    assert refresh(ann.refresh).status == 200


def test_logging_out_needs_an_access_token(ann: Member, earlier: Any) -> None:
    body = {"refresh": ann.refresh}
    answer = call("auth.logout", "POST", f"{AUTH}/logout/", body=body)
    assert_problem(answer, 401, "not_authenticated")
    assert_problem(logout(ann.refresh, ann.refresh), 401, "token_invalid")
    expired = earlier(3_601, tokens.issue_access, ann.id)
    assert_problem(logout(expired, ann.refresh), 401, "token_expired")
    assert refresh(ann.refresh).status == 200


def test_logging_out_when_writes_are_repeated_or_fail(ann: Member) -> None:
    with disturbed("UpdateItem", repeated):
        assert logout(ann.access, ann.refresh).status == 200
    session = keys.session(ann.id, "").sk

    def lost_for_sessions(make: Any, parameters: dict[str, Any]) -> Any:
        is_session = parameters["Key"]["sk"]["S"].startswith(session)
        return answer_lost(make, parameters) if is_session else make()

    with disturbed("UpdateItem", lost_for_sessions):
        assert_problem(logout(ann.access, ann.refresh), 503, "service_unavailable")
    assert logout(ann.access, ann.refresh).status == 200


def test_no_token_is_stored(ann: Member) -> None:
    second = refresh(ann.refresh).json
    items = json.dumps(query(keys.user(ann.id).pk), default=str)
    for token in (ann.access, ann.refresh, second["access"], second["refresh"]):
        assert token not in items
        assert token.rpartition(".")[2] not in items
