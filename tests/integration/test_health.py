"""The health endpoints tell the truth: what is measured, and what failed without saying how."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from gatherhub import aws, settings
from gatherhub.accounts import signing
from gatherhub.health import checks
from tests.http import call


class _NobodyIsConnected(BaseHTTPRequestHandler):
    """Answers as the management endpoint does about a connection that is gone."""

    def do_GET(self) -> None:
        self.send_response(410)
        self.send_header("x-amzn-ErrorType", "GoneException")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def channels(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run a management endpoint to which nobody is connected."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _NobodyIsConnected) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setattr(settings, "connections_url", lambda: url)
        # moto would answer for the real endpoint; this one is outside of what it replaces.
        yield
        server.shutdown()


@pytest.fixture
def no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "table_name", lambda: "internal-name-of-no-table")


def test_basic_health_needs_nothing(no_table: None) -> None:
    answer = call("health.basic", "GET", "/health/")
    assert answer.status == 200
    assert set(answer.json) == {"status", "timestamp", "version"}
    assert answer.json["status"] == "healthy"
    assert answer.json["version"] == "1.0.0"


def test_ready_measures_every_part(channels: None) -> None:
    answer = call("health.ready", "GET", "/health/ready/")
    assert answer.status == 200, answer.text
    body = answer.json
    assert body["status"] == "healthy"
    assert set(body["checks"]) == {"database", "redis", "channels"}
    for check in body["checks"].values():
        assert check["status"] == "healthy"
        assert check["latency_ms"] > 0
    assert body["total_latency_ms"] >= max(c["latency_ms"] for c in body["checks"].values())


def test_ready_twice_in_a_second_is_ready(channels: None) -> None:
    assert [call("health.ready", "GET", "/health/ready/").status for _ in range(3)] == [200] * 3


def test_a_part_that_fails_is_named_without_internals() -> None:
    answer = call("health.ready", "GET", "/health/ready/")
    assert answer.status == 503
    body = answer.json
    assert body["status"] == "unhealthy"
    assert body["checks"]["database"]["status"] == "healthy"
    failed = body["checks"]["channels"]
    assert failed["status"] == "unhealthy"
    assert failed["error"] == "The channels endpoint did not answer as it should."


def test_without_a_table_nothing_is_ready(channels: None, no_table: None) -> None:
    answer = call("health.ready", "GET", "/health/ready/")
    assert answer.status == 503
    states = {name: check["status"] for name, check in answer.json["checks"].items()}
    assert states == {"database": "unhealthy", "redis": "unhealthy", "channels": "healthy"}
    assert "internal-name" not in answer.text


def test_liveness_loads_configuration_secret_and_table() -> None:
    answer = call("health.live", "GET", "/health/live/")
    assert answer.status == 200
    assert answer.json["status"] == "alive"
    assert answer.json["django_ready"] is True


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ready", ["database", "shared_state", "channels"]),
        ("live", ["configuration", "database"]),
        ("status", ["database", "shared_state", "address"]),
    ],
)
def test_the_parts_are_measured_side_by_side_and_once(
    name: str, parts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Barrier(len(parts), timeout=5)

    def check() -> None:
        assert aws.client("dynamodb").meta.config.retries["total_max_attempts"] == 1
        together.wait()

    for part in parts:
        monkeypatch.setattr(checks, part, lambda: checks.measure("part", check))
    assert call(f"health.{name}", "GET", f"/health/{name}/").status == 200


def test_without_the_secret_nothing_lives() -> None:
    signing.signing_keys.cache_clear()
    aws.client("secretsmanager").delete_secret(
        SecretId=settings.token_secret_id(), ForceDeleteWithoutRecovery=True
    )
    answer = call("health.live", "GET", "/health/live/")
    aws.client("secretsmanager").create_secret(
        Name=settings.token_secret_id(), SecretString="a" * 64
    )
    assert answer.status == 503
    assert answer.json["django_ready"] is False
    assert answer.json["error"] == "The configuration did not answer as it should."


def test_without_the_table_nothing_lives(no_table: None) -> None:
    assert call("health.live", "GET", "/health/live/").status == 503


def test_the_dashboard_keeps_the_keys_of_the_reference() -> None:
    answer = call("health.status", "GET", "/health/status/")
    assert answer.status == 200
    body = answer.json
    assert body["status"] == "ok"
    assert body["system"]["django_version"] is None
    assert body["database"]["status"] == "connected"
    assert body["database"]["table_count"] == 1
    assert body["cache"] == {"status": "working", "backend": "dynamodb", "error": None}
    assert body["debug_mode"] is False
    assert body["allowed_hosts"] == ["localhost"]
    assert body["uptime_check_ms"] > 0


def test_the_dashboard_is_shown_also_when_the_table_is_gone(no_table: None) -> None:
    answer = call("health.status", "GET", "/health/status/")
    assert answer.status == 200
    assert answer.json["status"] == "degraded"
    assert answer.json["database"]["status"] == "unavailable"
    assert answer.json["database"]["table_count"] == 0


def test_the_dashboard_is_shown_also_when_the_address_cannot_be_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> str:
        raise EndpointConnectionError(endpoint_url="https://ssm")

    monkeypatch.setattr(settings, "public_url", fail)
    answer = call("health.status", "GET", "/health/status/")
    assert answer.status == 200
    assert answer.json["status"] == "degraded"
    assert answer.json["allowed_hosts"] == []
