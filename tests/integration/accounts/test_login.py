import time
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from argon2 import PasswordHasher

from gatherhub import clock
from gatherhub.accounts import attempts, passwords
from gatherhub.errors import ErrorCode, Problem
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get
from gatherhub.table.writes import Update, write
from tests.http import Answer, call
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
    repeated,
    set_disabled,
    stored,
)


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Move the clock: `later(seconds)`. Waiting for other attempts moves it too."""
    epoch, moved, waited = time.time, 0.0, 0.0

    def move(seconds: int) -> None:
        nonlocal moved
        moved = seconds
        moment = clock.from_epoch(int(epoch() + seconds))
        monkeypatch.setattr(clock, "now", lambda: moment)

    def wait(seconds: float) -> None:
        nonlocal waited
        assert 0 < seconds < 1
        waited += seconds

    monkeypatch.setattr(clock, "epoch", lambda: int(epoch() + moved + waited))
    monkeypatch.setattr(clock, "now", lambda: clock.from_epoch(clock.epoch()))
    monkeypatch.setattr(attempts, "time", SimpleNamespace(sleep=wait))
    return move


def without_time(answer: Answer) -> dict[str, Any]:
    return {**answer.json, "timestamp": None}


@pytest.mark.parametrize("name", ["Ann", "ann", "ANN", "ann@example.org", "Ann@EXAMPLE.org"])
def test_login_by_username_or_address(name: str) -> None:
    user = member("Ann", first_name="Ann", last_name="Lee")
    answer = login(name)
    assert answer.status == 200
    assert set(answer.json) == {"access", "refresh", "user"}
    assert answer.json["user"] == {
        "id": user.id,
        "username": "Ann",
        "email": "Ann@example.org",
        "first_name": "Ann",
        "last_name": "Lee",
    }
    assert profile(answer.json["access"]).status == 200


@pytest.mark.parametrize("registered", ["x@exämple.de", "x@xn--exmple-cua.de", " X@EXÄMPLE。de "])
def test_login_by_any_spelling_of_an_address(registered: str) -> None:
    member(email=registered)
    for typed in ("x@exämple.de", "X@xn--exmple-CUA.de", f" {registered}\n"):
        assert login(typed).status == 200, typed
    assert register("x@XN--exmple-cua.de", email="y@example.org").json["error"] == "username_taken"


@pytest.mark.parametrize("path", [f"{AUTH}/login", f"{AUTH}/login/"])
def test_with_and_without_slash(path: str) -> None:
    member()
    body = {"username": "ann", "password": PASSWORD}
    assert call("auth.login", "POST", path, body=body).status == 200


def test_login_is_remembered(later: Any) -> None:
    user = member()
    later(3_600)
    access = login().json["access"]
    assert stored(user.id)["last_login"] == clock.to_text(clock.now())
    later(0)
    body = profile(access).json
    assert body["last_login"] > body["date_joined"]


def test_an_unknown_name_and_a_wrong_password_are_told_alike() -> None:
    member()
    answers = [login(password="wrong"), login("nobody"), login("nobody@example.org"), login("?")]
    for answer in answers:
        assert_problem(answer, 400, "invalid_credentials")
        assert answer.json["details"] == {}
    assert len({str(without_time(answer)) for answer in answers}) == 1


def test_an_unknown_name_takes_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    member()
    made = {}
    for name in ("ann", "nobody"):
        hasher = Mock(wraps=passwords.HASHER)
        monkeypatch.setattr(passwords, "HASHER", hasher)
        with disturbed("", refused) as operations:
            login(name, "wrong")
        made[name] = operations
        hasher.verify.assert_called_once()
    assert made["ann"] == made["nobody"]


@pytest.mark.parametrize("body", [{}, {"username": "ann"}, {"username": None, "password": 7}])
def test_invalid_fields(body: Any) -> None:
    answer = call("auth.login", "POST", f"{AUTH}/login/", body=body)
    assert_problem(answer, 400, "validation_error", *({"username", "password"} - {*body} or body))


@pytest.mark.parametrize("name", ["", "x" * 255, "\ufdfa" * 200])
def test_names_that_nobody_can_have(name: str) -> None:
    assert_problem(login(name), 400, "validation_error", "username")


@pytest.mark.parametrize("password", ["x" * 100_000, "\x00", "pässword"])
def test_any_password_can_be_wrong(password: str) -> None:
    member()
    assert_problem(login(password=password), 400, "invalid_credentials")


def test_a_disabled_account() -> None:
    user = member()
    set_disabled(user.id)
    assert_problem(login(), 401, "account_disabled")
    assert_problem(login(password="wrong"), 400, "invalid_credentials")
    set_disabled(user.id, disabled=False)
    assert login().status == 200


def test_an_account_disabled_while_it_signs_in() -> None:
    user = member()
    seen = stored(user.id)["last_login"]

    def disable_first(make: Any, _: Any) -> Any:
        set_disabled(user.id)
        return make()

    with disturbed("TransactWriteItems", disable_first):
        assert_problem(login(), 401, "account_disabled")
    assert stored(user.id)["last_login"] == seen


def test_a_hash_with_old_parameters_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    user = member()
    old = stored(user.id)["password_hash"]
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 8, 1))
    assert login(password="wrong").status == 400
    assert stored(user.id)["password_hash"] == old
    assert login().status == 200
    renewed = stored(user.id)["password_hash"]
    assert "t=2" in renewed
    assert login().status == 200
    assert stored(user.id)["password_hash"] == renewed


def test_renewing_a_hash_never_undoes_another_change(monkeypatch: pytest.MonkeyPatch) -> None:
    user = member()
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(2, 8, 1))
    real = passwords.hashed

    def changed_meanwhile(password: str) -> str:
        write(Update(keys.user(user.id), assign={"password_hash": "changed"}))
        return real(password)

    monkeypatch.setattr(passwords, "hashed", changed_meanwhile)
    assert login().status == 200
    assert stored(user.id)["password_hash"] == "changed"


# ---- ten failures in a quarter of an hour ------------------------------------------------------


def fail(times: int, name: str = "ann") -> None:
    for _ in range(times):
        assert login(name, "wrong").status == 400


def test_the_eleventh_attempt_is_refused_even_with_the_right_password() -> None:
    member()
    fail(10)
    for answer in (login(password="wrong"), login()):
        assert_problem(answer, 429, "rate_limit_exceeded", "limit", "window", "reset_at")
        assert answer.json["details"]["limit"] == 10
        assert answer.json["details"]["window"] == "15 minutes"
        reset = clock.from_text(answer.json["details"]["reset_at"])
        wait = int(answer.headers["retry-after"])
        assert 890 < wait <= 900
        assert f"Try again in {wait} seconds" in answer.json["message"]
        assert abs((reset - clock.now()).total_seconds() - wait) <= 1


def test_a_name_in_any_spelling_and_the_address_count_as_one_account() -> None:
    member("Ann")
    for name in ("ann", "ANN", "ann@example.org", "Ann", "ANN@example.org"):
        fail(2, name)
    assert login("Ann").status == 429
    assert login("ann@example.org").status == 429


def test_unknown_names_are_limited_alike_and_not_stored_readably() -> None:
    fail(10, "nobody")
    assert login("NOBODY").status == 429
    assert login("somebody").status == 400


def test_another_account_is_not_affected() -> None:
    member("ann")
    member("bob")
    fail(10)
    assert login("bob").status == 200


def test_signing_in_is_no_failure() -> None:
    member()
    fail(9)
    for _ in range(12):
        assert login().status == 200
    fail(1)
    assert login().status == 429


def test_the_right_password_of_a_disabled_account_is_no_failure() -> None:
    set_disabled(member().id)
    for _ in range(12):
        assert login().status == 401


def test_failures_count_for_a_quarter_of_an_hour_each(later: Any) -> None:
    """At no time more than ten in fifteen minutes, also across the borders of any window."""
    member()
    later(0)
    fail(4)
    later(600)
    fail(6)
    assert login().status == 429
    later(890)
    assert int(login().headers["retry-after"]) in range(1, 12)
    later(901)
    fail(4)
    assert login().status == 429
    later(1_501)
    fail(6)
    assert login().status == 429


def test_refused_attempts_do_not_prolong_the_lock(later: Any) -> None:
    member()
    later(0)
    fail(10)
    later(800)
    assert login().status == 429
    later(901)
    assert login().status == 200


def test_after_all_failures_are_over_nothing_is_left_of_them(later: Any) -> None:
    user = member()
    later(0)
    fail(10)
    later(901)
    assert login().status == 200
    counter = get(keys.login_failures(f"{user.id:016d}"))
    assert counter is not None
    assert counter["hits"] == 0
    assert not attempts._marks(counter)
    assert counter[keys.EXPIRES] > clock.epoch() + attempts.WINDOW


def test_parallel_guesses_are_counted_before_they_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Guess again while a guess is being checked, as deep as it goes: never more than ten."""
    member()
    real, checked, refusals = passwords.matches, [0], [0]

    def slow(stored_hash: str | None, password: str) -> bool:
        checked[0] += 1
        if login(password="wrong").status == 429:
            refusals[0] += 1
        return real(stored_hash, password)

    monkeypatch.setattr(passwords, "matches", slow)
    login(password="wrong")
    assert checked[0] == attempts.LIMIT
    assert refusals[0] == 1


def test_two_that_make_room_at_the_same_time(later: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    member()
    later(0)
    fail(10)
    later(901)
    real = attempts._make_room

    def race(*arguments: Any) -> None:
        monkeypatch.setattr(attempts, "_make_room", real)
        fail(1)  # the other one makes room and takes a place
        real(*arguments)

    monkeypatch.setattr(attempts, "_make_room", race)
    fail(1)
    fail(8)
    assert login().status == 429


def clockwork() -> Any:
    """Return what stands for the module `time` in attempts."""
    return vars(attempts)["time"]


def begin() -> attempts.Attempt:
    return attempts.begin("somebody")


def test_attempts_that_may_still_turn_out_right_are_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sixteen right passwords at once: the last six wait until others are done."""
    going_on = [begin() for _ in range(attempts.LIMIT)]
    wait = clockwork().sleep

    def one_is_done(seconds: float) -> None:
        wait(seconds)
        going_on.pop(0).take_back()

    monkeypatch.setattr(clockwork(), "sleep", one_is_done)
    going_on.extend(begin() for _ in range(6))
    assert len(going_on) == attempts.LIMIT


def test_two_right_passwords_at_once_after_nine_failures(
    later: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    member()
    fail(9)
    later(60)
    owner = stored(login().json["user"]["id"])
    other = attempts.begin(f"{owner['id']:016d}")
    monkeypatch.setattr(clockwork(), "sleep", lambda _: other.take_back())
    assert login().status == 200


def test_after_waiting_in_vain_no_attempt_is_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(attempts.LIMIT):
        begin()
    waits: list[float] = []
    wait = clockwork().sleep

    def watched(seconds: float) -> None:
        waits.append(seconds)
        wait(seconds)

    monkeypatch.setattr(clockwork(), "sleep", watched)
    with pytest.raises(Problem) as caught:
        begin()
    assert caught.value.code is ErrorCode.RATE_LIMIT_EXCEEDED
    assert 1.5 < sum(waits) < 3.5
    waits.clear()
    with pytest.raises(Problem):
        begin()
    assert not waits


def test_more_logins_than_get_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always a young one: that is no reason to call anybody's password wrong."""
    going_on = [begin() for _ in range(attempts.LIMIT)]
    wait = clockwork().sleep

    def another_was_quicker(seconds: float) -> None:
        wait(seconds)
        going_on.pop(0).take_back()
        with monkeypatch.context() as alone:
            alone.setattr(clockwork(), "sleep", None)
            going_on.append(begin())

    monkeypatch.setattr(clockwork(), "sleep", another_was_quicker)
    with pytest.raises(StoreUnavailable):
        begin()


@pytest.mark.parametrize("operation", ["GetItem", "TransactWriteItems"])
def test_a_login_that_fails_for_another_reason_is_no_failure(operation: str) -> None:
    user = member()
    for disturb in (refused, answer_lost):
        with disturbed(operation, disturb):
            assert login().status == 503
    assert (get(keys.login_failures(f"{user.id:016d}")) or {})["hits"] == 0


def test_writes_that_the_sdk_repeats_are_counted_once() -> None:
    user = member()
    with disturbed("UpdateItem", repeated):
        fail(3)
    counter = get(keys.login_failures(f"{user.id:016d}"))
    assert counter is not None
    assert counter["hits"] == 3 == len(attempts._marks(counter))
    set_disabled(user.id)
    with disturbed("UpdateItem", repeated):
        assert login().status == 401
    assert (get(keys.login_failures(f"{user.id:016d}")) or {})["hits"] == 3


def test_when_the_store_fails() -> None:
    member()
    for operation in ("BatchGetItem", "GetItem", "TransactWriteItems"):
        with disturbed(operation, refused):
            assert_problem(login(), 503, "service_unavailable")
    with disturbed("TransactWriteItems", answer_lost):
        assert_problem(login(), 503, "service_unavailable")
    assert login().status == 200


def test_a_name_is_not_taken_for_another_accounts_address() -> None:
    """Else one could stand between a person and the account with that address."""
    member("ann")
    assert register("ann@example.org", email="x@example.org").status == 409
    assert login("ann@example.org").json["user"]["username"] == "ann"
