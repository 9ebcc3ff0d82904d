from tests.http import call


def test_basic_health_needs_nothing() -> None:
    answer = call("health.basic", "GET", "/health/")
    assert answer.status == 200
    assert answer.json["status"] == "healthy"
    assert answer.json["version"] == "1.0.0"


def test_liveness_loads_configuration_secret_and_table() -> None:
    answer = call("health.live", "GET", "/health/live/")
    assert answer.status == 200
    assert answer.json["status"] == "alive"
    assert answer.json["django_ready"] is True
