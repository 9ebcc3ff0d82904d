"""Rotating the token secret, and living through its absence."""

import pytest
from botocore.exceptions import EndpointConnectionError

from gatherhub import aws, settings
from gatherhub.accounts import signing
from gatherhub.accounts.signing import SigningKeys
from gatherhub.errors import Problem


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(signing, "time", fake)
    return fake


def rotate(value: str) -> None:
    aws.client("secretsmanager").put_secret_value(
        SecretId=settings.token_secret_id(), SecretString=value
    )


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    stages: list[str] = []
    read = signing._read

    def count(stage: str) -> signing.SigningKey | None:
        stages.append(stage)
        return read(stage)

    monkeypatch.setattr(signing, "_read", count)
    return stages


def test_a_container_reads_the_secret_once(clock: Clock, reads: list[str]) -> None:
    keys = SigningKeys()
    kid, key = keys.current()
    assert keys.find(kid) == key
    clock.now = 299
    assert keys.current() == (kid, key)
    assert reads == ["AWSCURRENT"]


def test_a_new_version_signs_within_five_minutes_and_the_old_one_verifies(clock: Clock) -> None:
    keys = SigningKeys()
    old = keys.current()
    keys.find("made up")
    rotate("b" * 64)
    assert keys.current() == old
    clock.now = 290
    keys.find("made up")
    clock.now = 301
    new = keys.current()
    assert new != old
    assert keys.find(old.kid) == old.key


def test_a_token_of_the_newest_version_is_known_at_once(clock: Clock) -> None:
    keys = SigningKeys()
    keys.current()
    rotate("b" * 64)
    newest = SigningKeys().current()
    assert keys.find(newest.kid) == newest.key


def test_a_version_before_the_previous_one_is_refused(clock: Clock) -> None:
    keys = SigningKeys()
    oldest = keys.current()
    rotate("b" * 64)
    rotate("c" * 64)
    clock.now = 301
    assert keys.find(oldest.kid) is None


def test_a_made_up_key_id_does_not_hide_one_that_is_new_or_previous(clock: Clock) -> None:
    keys = SigningKeys()
    old = keys.current()
    for n in range(10):
        assert keys.find(f"made up {n}") is None
    rotate("b" * 64)
    new = SigningKeys().current()
    assert keys.find(new.kid) == new.key
    assert keys.find("made up") is None
    assert keys.find(old.kid) == old.key


def test_a_made_up_key_id_costs_one_look_up_in_half_a_minute(
    clock: Clock, reads: list[str]
) -> None:
    keys = SigningKeys()
    for _ in range(50):
        assert keys.find("made up") is None
    assert len(reads) == 3
    clock.now = 31
    keys.find("made up")
    assert len(reads) == 5


def test_many_made_up_key_ids_cost_a_limited_number_of_look_ups(
    clock: Clock, reads: list[str]
) -> None:
    keys = SigningKeys()
    for n in range(500):
        assert keys.find(f"made up {n}") is None
    assert len(reads) == 1 + 2 * 20
    clock.now = 31
    keys.find("another")
    assert len(reads) == 1 + 2 * 21


def test_a_previous_key_is_looked_up_once(clock: Clock, reads: list[str]) -> None:
    keys = SigningKeys()
    old = keys.current()
    rotate("b" * 64)
    clock.now = 301
    keys.current()
    del reads[:]
    for clock.now in (302, 400, 500):
        assert keys.find(old.kid) == old.key
    assert reads == ["AWSCURRENT", "AWSPREVIOUS"]


def test_a_known_key_outlives_an_outage_and_an_unknown_one_is_a_503(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = SigningKeys()
    known = keys.current()

    def refuse(**_: str) -> None:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager")

    monkeypatch.setattr(aws.client("secretsmanager"), "get_secret_value", refuse)
    clock.now = 10_000
    assert keys.current() == known
    with pytest.raises(Problem, match="can't answer"):
        SigningKeys().current()
