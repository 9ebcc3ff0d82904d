"""$default: what clients say."""

import json

import pytest

from gatherhub.realtime import inbox
from tests.sockets import invoke, receive, recorded


def choice(event: str) -> str:
    """Return a subscription with this JSON as `event`."""
    return f'{{"type": "subscribe", "data": {{"topics": ["all"], "event": {event}}}}}'


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        (None, "invalid_json", None),
        ("", "invalid_json", None),
        ("hello", "invalid_json", None),
        ('{"type": "ping"', "invalid_json", None),
        ("[" * 5_000, "invalid_json", None),
        ('"\\ud800"', "invalid_json", None),
        ("[]", "validation_error", "non_field_errors"),
        ("null", "validation_error", "non_field_errors"),
        ("{}", "validation_error", "type"),
        ('{"type": "dance"}', "validation_error", "type"),
        ('{"type": 1}', "validation_error", "type"),
        ('{"action": "$connect"}', "validation_error", "type"),
        ('{"type": "pong"}', "validation_error", "type"),
        ('{"type": "PING"}', "validation_error", "type"),
        ('{"type": "ping\\u0000"}', "validation_error", "type"),
        ('{"type": "authenticate"}', "validation_error", "data"),
        ('{"type": "authenticate", "data": null}', "validation_error", "data"),
        ('{"type": "authenticate", "data": ["token"]}', "validation_error", "data"),
        ('{"type": "authenticate", "data": "token"}', "validation_error", "data"),
        ('{"type": "authenticate", "data": {}}', "validation_error", "token"),
        ('{"type": "authenticate", "data": {"token": null}}', "validation_error", "token"),
        ('{"type": "authenticate", "data": {"token": {"a": 1}}}', "validation_error", "token"),
        ('{"type": "authenticate", "data": {"token": "\\ud800"}}', "invalid_json", None),
        ('{"type": "authenticate", "data": ' + "[" * 4_000, "invalid_json", None),
        ('{"type": "authenticate", "data": ' + '{"a":' * 1_000, "invalid_json", None),
        ('{"type": "subscribe"}', "validation_error", "data"),
        ('{"type": "subscribe", "data": {}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": null}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": []}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": "events"}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": ["Events"]}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": ["a\\u0000"]}}', "validation_error", "topics"),
        ('{"type": "subscribe", "data": {"topics": [1]}}', "validation_error", "topics.0"),
        ('{"type": "subscribe", "data": {"topics": [[]]}}', "validation_error", "topics.0"),
        (choice("0"), "validation_error", "event"),
        (choice("-1"), "validation_error", "event"),
        (choice("1.0"), "validation_error", "event"),
        (choice("true"), "validation_error", "event"),
        (choice('"5"'), "validation_error", "event"),
        (choice("9007199254740992"), "validation_error", "event"),
        (choice("1e400"), "validation_error", "event"),
        (choice("9" * 4_000), "validation_error", "event"),
        (choice("[5]"), "validation_error", "event"),
        ('{"type": "unsubscribe", "data": {"topics": ["gossip"]}}', "validation_error", "topics"),
    ],
)
def test_anything_else_is_an_error_and_the_connection_stays(
    body: str | None, code: str, field: str | None
) -> None:
    answer = receive(body)
    assert answer["type"] == "error"
    assert answer["data"]["error"] == code
    assert list(answer["data"]["details"]) == ([field] if field else [])
    assert set(answer) == {"type", "data", "timestamp", "id"}


def test_a_message_is_no_larger_than_the_limit() -> None:
    room = inbox.MAX_BYTES - len('{"type":"none","x":""}')
    largest = json.dumps({"type": "none", "x": "x" * room}, separators=(",", ":"))
    assert receive(largest)["data"]["error"] == "validation_error"
    answer = receive(f'{{"type":"none","x":"{"é" * (room // 2 + 1)}"}}')
    assert answer["data"]["error"] == "payload_too_large"
    assert answer["data"]["details"] == {"limit_bytes": inbox.MAX_BYTES}


def test_a_mistake_of_ours_shows_nothing_but_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(inbox, "answer", fail)
    answer = receive('{"type": "ping"}')
    assert answer["data"]["error"] == "internal_error"
    assert answer["data"]["details"] == {"request_id": "BpOHLEsEoAMFhtA="}
    assert "secret" not in json.dumps(answer)


@pytest.mark.parametrize("name", ["websocket_connect", "websocket_disconnect"])
def test_other_kinds_of_events_are_not_messages(name: str) -> None:
    assert invoke("receive", recorded(name)) == {"statusCode": 400, "headers": {}}
