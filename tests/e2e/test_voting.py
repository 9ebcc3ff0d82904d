"""Votes on the running stack, under the roles of the template: routes, load, and the end."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.table import keys
from gatherhub.table.items import marshal_item, unmarshal_item
from gatherhub.table.keys import Key
from local.stack import Stack

VOTERS = 200
AT_ONCE = 8
WITHIN = 5  # seconds of its end in which it is noted

Call = Callable[..., httpx.Response]


@pytest.fixture
def call(http: httpx.Client, token: str) -> Call:
    """Return a function that calls a path of the API as whoever created the event."""

    def request(method: str, path: str, body: object = None, as_: str = token) -> httpx.Response:
        headers = {"Authorization": f"Bearer {as_}"}
        return http.request(method, f"/api/v1/{path}", json=body, headers=headers)

    return request


@pytest.fixture
def event_id(call: Call) -> int:
    answer = call("POST", "events/", {"title": "Picnic", "date": "2030-06-01T12:00:00Z"})
    assert answer.status_code == 201, answer.text
    created: int = answer.json()["id"]
    return created


def create(call: Call, event_id: int, **fields: Any) -> int:
    options = [{"text": "Pizza"}, {"text": "Sushi"}]
    body = {"title": "Dinner", "event": event_id, "options": options, **fields}
    answer = call("POST", "voting/", body)
    assert answer.status_code == 201, answer.text
    vote_id: int = answer.json()["id"]
    return vote_id


def read(stack: Stack, key: Key) -> dict[str, Any]:
    answer = stack.client("dynamodb").get_item(
        TableName=stack.outputs["TableName"], Key=marshal_item(key._asdict()), ConsistentRead=True
    )
    return unmarshal_item(answer.get("Item", {}))


def test_every_route_has_the_permissions_it_needs(call: Call, event_id: int) -> None:
    vote_id, open_ended = create(call, event_id), create(call, event_id)
    ballot = call("POST", f"voting/{vote_id}/vote/", {"options": [2]})
    assert (ballot.status_code, ballot.json()["vote"]["total_votes"]) == (200, 1)
    again = call("POST", f"voting/{vote_id}/vote/", {"options": [2]})
    assert (again.status_code, again.json()["error"]) == (400, "already_voted")
    assert call("GET", f"voting/{vote_id}/").json()["user_voted"] is True
    assert call("GET", f"voting/{vote_id}/results/").json()["winner"]["option_id"] == 2
    assert call("POST", f"voting/{vote_id}/close/").json()["vote"]["status"] == "ended"
    late = call("POST", f"voting/{vote_id}/vote/", {"options": [2]})
    assert (late.status_code, late.json()["error"]) == (403, "voting_ended")
    for status, expected in (("active", open_ended), ("ended", vote_id)):
        page = call("GET", f"voting/?event={event_id}&status={status}").json()
        assert [vote["id"] for vote in page["results"]] == [expected]
        assert call("GET", f"voting/?status={status}").json()["count"] >= 1
    assert call("GET", "voting/?creator=1").json()["count"] == 0
    gone = call("DELETE", f"voting/{vote_id}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert call("GET", f"voting/{vote_id}/").status_code == 404


def test_an_end_is_noted_within_seconds(call: Call, event_id: int, stack: Stack) -> None:
    stack.wait_until_warm()
    ends_at = clock.now() + timedelta(seconds=6)
    vote_id = create(call, event_id, ends_at=clock.to_text(ends_at))
    assert "closed_at" not in read(stack, keys.vote(vote_id))
    time.sleep(max(0.0, ends_at.timestamp() - time.time() + WITHIN))
    noted = clock.from_text(read(stack, keys.vote(vote_id))["closed_at"])
    assert ends_at <= noted <= ends_at + timedelta(seconds=WITHIN)


def test_ballots_of_many_at_once_are_counted_exactly(
    call: Call, event_id: int, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote_id = create(call, event_id, multiple_choice=True)
    tokens_of_the_stack(stack, monkeypatch)
    voters = range(1, VOTERS + 1)
    for voter in voters:
        joins(stack, event_id, voter)

    def vote(voter: int) -> int:
        chosen = {"options": [1, 2] if voter % 2 else [2]}
        token = tokens.issue_access(voter)
        return call("POST", f"voting/{vote_id}/vote/", chosen, as_=token).status_code

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert list(pool.map(vote, voters)) == [200] * VOTERS
    body = call("GET", f"voting/{vote_id}/results/").json()
    assert body["total_votes"] == VOTERS
    assert [result["vote_count"] for result in body["results"]] == [VOTERS // 2, VOTERS]


def joins(stack: Stack, event_id: int, user_id: int) -> None:
    item = {"event_id": event_id, "user_id": user_id, "joined_at": "2026-01-01T00:00:00Z"}
    key = keys.participant(event_id, user_id)._asdict()
    stack.client("dynamodb").put_item(
        TableName=stack.outputs["TableName"],
        Item=marshal_item({**key, "kind": "participant", **item}),
    )


def tokens_of_the_stack(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process sign tokens as the stack does: registering so many people takes minutes."""
    client = stack.client("secretsmanager")
    names = [secret["Name"] for secret in client.list_secrets()["SecretList"]]
    (name,) = [name for name in names if "TokenSecret" in name]
    secret = client.get_secret_value(SecretId=name)
    current = (secret["VersionId"], secret["SecretString"])
    monkeypatch.setattr(tokens, "signing_keys", lambda: SimpleNamespace(current=lambda: current))
