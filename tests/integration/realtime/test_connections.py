"""$connect and $disconnect."""

from typing import Any

import pytest

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.realtime import connections
from gatherhub.realtime.audiences import Topic, hearing
from gatherhub.realtime.connections import listeners
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get, query
from tests.sockets import CONNECTION, connect, disconnect, invoke, message

USER = 41


def stored() -> dict[str, Any] | None:
    return get(keys.connection(CONNECTION))


def heard_in() -> list[str]:
    row = stored() or {"audiences": []}
    return [
        audience
        for audience in row["audiences"]
        if any(one.connection_id == CONNECTION for one in listeners(audience))
    ]


def test_a_client_with_a_token_gets_a_row_and_a_place_in_its_audience() -> None:
    before = clock.epoch()
    assert connect(tokens.issue_access(USER))["statusCode"] == 200
    row = stored()
    assert row is not None
    assert row["user_id"] == USER
    assert row["subscriptions"] == [{"topic": "events", "event_id": None}]
    assert before + 3_600 <= row["authenticated_until"] <= clock.epoch() + 3_600
    assert before + 7_200 < row[keys.EXPIRES] <= clock.epoch() + 9_000
    (audience,) = heard_in()
    assert audience.startswith("events#SHARD#")


def test_all_topics_are_one_place_each() -> None:
    connect(tokens.issue_access(USER), topics="all")
    assert [name.split("#")[0] for name in heard_in()] == ["events", "tasks", "voting"]


def test_a_connection_can_be_narrowed_to_one_event() -> None:
    connect(tokens.issue_access(USER), topics="events,voting", event="77")
    assert heard_in() == [f"{topic}#EVENT#{77:016d}" for topic in ("events", "voting")]


def test_the_token_may_come_as_a_sub_protocol_that_is_accepted() -> None:
    protocol = f"access_token.{tokens.issue_access(USER)}"
    answer = connect(protocols=f"chat, {protocol}")
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"Sec-WebSocket-Protocol": protocol}


def test_without_a_sub_protocol_none_is_accepted() -> None:
    assert connect(tokens.issue_access(USER), protocols="chat")["headers"] == {}


def expired() -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "epoch", lambda: int(clock.now().timestamp()) - 3_601)
        return tokens.issue_access(USER)


@pytest.mark.parametrize(
    "token",
    [
        lambda: "",
        lambda: "nonsense",
        lambda: tokens.issue_refresh(USER, "family", "id"),
        expired,
    ],
)
def test_nobody_gets_in_with_a_bad_token(token: Any) -> None:
    assert connect(token())["statusCode"] == 401
    assert connect(protocols=f"access_token.{token()}")["statusCode"] == 401
    assert stored() is None


def test_an_empty_token_is_not_made_good_by_a_sub_protocol() -> None:
    protocol = f"access_token.{tokens.issue_access(USER)}"
    assert connect("", protocols=protocol)["statusCode"] == 401


def test_without_a_token_a_connection_is_kept_but_stands_in_no_audience() -> None:
    assert connect(topics="all") == {"statusCode": 200, "headers": {}}
    row = stored()
    assert row is not None
    assert (row["user_id"], row["authenticated_until"], row["audiences"]) == (None, 0, [])
    assert [one["topic"] for one in row["subscriptions"]] == ["events", "tasks", "voting"]
    for topic in Topic:
        assert [listeners(name) for name in hearing(topic, 5)] == [[]] * 5


@pytest.mark.parametrize("parameters", [{"topics": "gossip"}, {"event": "x"}, {"event": "0"}])
def test_what_can_not_be_listened_to_is_refused(parameters: dict[str, str]) -> None:
    assert connect(tokens.issue_access(USER), **parameters)["statusCode"] == 400
    assert connect(**parameters)["statusCode"] == 400
    assert stored() is None


def test_a_handshake_repeated_changes_nothing() -> None:
    token = tokens.issue_access(USER)
    connect(token)
    connect(token)
    assert len(heard_in()) == 1


def test_a_closed_connection_leaves_nothing_behind() -> None:
    connect(tokens.issue_access(USER), topics="all")
    audiences = heard_in()
    assert disconnect()["statusCode"] == 200
    assert stored() is None
    assert [query(keys.audience(audience)) for audience in audiences] == [[], [], []]


def test_closing_twice_or_before_opening_is_harmless() -> None:
    assert disconnect()["statusCode"] == 200
    connect(tokens.issue_access(USER))
    connect(tokens.issue_access(USER), connection_id="another=")
    assert disconnect()["statusCode"] == 200
    assert disconnect()["statusCode"] == 200
    assert get(keys.connection("another=")) is not None


@pytest.mark.parametrize("function", ["connect", "disconnect"])
def test_a_message_that_picks_a_reserved_route_does_nothing(function: str) -> None:
    connect(tokens.issue_access(USER))
    before = stored()
    event = message(f'{{"action": "${function}"}}', route=f"${function}")
    event["queryStringParameters"] = {"token": tokens.issue_access(99), "topics": "all"}
    assert invoke(function, event) == {"statusCode": 400, "headers": {}}
    assert stored() == before
    assert len(heard_in()) == 1


def test_a_store_that_fails_refuses_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(connections, "transact", fail)
    assert connect(tokens.issue_access(USER))["statusCode"] == 503


def test_a_mistake_of_ours_refuses_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("secret internals")

    monkeypatch.setattr(connections, "transact", fail)
    assert connect(tokens.issue_access(USER)) == {"statusCode": 500, "headers": {}}
