"""The whole path from an account to an open socket, and what a socket leaves behind."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.table import keys
from gatherhub.table.items import marshal_item
from local.stack import Stack

# Seconds in which a worker that is not warm yet has started and answered.
PATIENCE = 30

EVENT = {"title": "Picnic", "date": "2030-06-01T12:00:00Z", "location": "The park"}

Create = Callable[[], dict[str, Any]]


@pytest.fixture
def create(http: httpx.Client, token: str) -> Create:
    """Return a function that creates an event and returns it as the API answers it."""

    def create_event() -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.post("/api/v1/events/", json=EVENT, headers=headers)
        assert answer.status_code == 201, answer.text
        event: dict[str, Any] = answer.json()
        return event

    return create_event


def listen(stack: Stack, path: str, **options: Any) -> connect:
    return connect(stack.ws_url + path, open_timeout=PATIENCE, **options)


async def receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return message


async def ask(socket: ClientConnection, text: str) -> dict[str, Any]:
    """Return the answer to a message, whatever is told of other tests' events before it."""
    await socket.send(text)
    message = await receive(socket)
    while message["type"].startswith("event_"):
        message = await receive(socket)
    return message


def test_a_created_event_can_be_read_by_id(http: httpx.Client, token: str, create: Create) -> None:
    event = create()
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.get(f"/api/v1/events/{event['id']}/", headers=headers)
    assert answer.status_code == 200
    details = answer.json()
    assert details == {**event, "participants": [event["creator"]], "tasks": [], "votes": []}
    assert http.get("/api/v1/events/1/", headers=headers).status_code == 404


async def test_the_token_may_be_a_sub_protocol(stack: Stack, token: str) -> None:
    protocol = Subprotocol(f"access_token.{token}")
    async with listen(stack, "/ws/events/", subprotocols=[protocol]) as socket:
        assert socket.subprotocol == protocol
        assert (await ask(socket, '{"type": "ping"}'))["type"] == "pong"


async def test_a_connection_survives_what_it_should_not_have_said(
    stack: Stack, token: str, create: Create
) -> None:
    async with listen(stack, f"/ws/events/?token={token}") as socket:
        assert (await ask(socket, "hello"))["data"]["error"] == "invalid_json"
        assert (await ask(socket, '{"type": "dance"}'))["data"]["error"] == "validation_error"
        for route in ("$connect", "$disconnect"):
            await socket.send(json.dumps({"type": "ping", "action": route}))
        event = await asyncio.to_thread(create)
        message = await receive(socket)
        # Before it there may be answers to the two, and events of other tests.
        while message["data"].get("id") != event["id"]:
            message = await receive(socket)
        assert (message["type"], message["data"]) == ("event_created", event)


def connection_rows(stack: Stack) -> list[dict[str, Any]]:
    answer = stack.client("dynamodb").scan(
        TableName=stack.outputs["TableName"],
        FilterExpression="kind IN (:connection, :listener)",
        ExpressionAttributeValues=marshal_item(
            {":connection": "connection", ":listener": "listener"}
        ),
    )
    rows: list[dict[str, Any]] = answer["Items"]
    return rows


async def wait_until_no_rows_are_left(stack: Stack) -> None:
    for _ in range(PATIENCE * 5):
        if not connection_rows(stack):
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"left behind: {connection_rows(stack)}")


async def test_a_closed_connection_leaves_no_row_behind(stack: Stack, token: str) -> None:
    async with listen(stack, f"/ws/?token={token}"):
        assert len(connection_rows(stack)) >= 1 + len(Topic)
    await wait_until_no_rows_are_left(stack)


async def test_a_connection_whose_end_was_never_reported_is_forgotten(
    stack: Stack, create: Create
) -> None:
    name = f"gone{uuid.uuid4().hex}"
    audience = Subscription(Topic.EVENTS).audience(name)
    now = int(time.time())
    times = {"opened_at": now - 600, "authenticated_until": now + 600, "expires_at": now + 600}
    connection = {
        "kind": "connection",
        "user_id": 1,
        "subscriptions": [{"topic": "events", "event_id": None}],
        "audiences": [audience],
        "version": 1,
    }
    listener = {"kind": "listener", "connection_id": name}
    items = [
        {**keys.connection(name)._asdict(), **connection, **times},
        {**keys.listener(audience, name)._asdict(), **listener, **times},
    ]
    for item in items:
        stack.client("dynamodb").put_item(
            TableName=stack.outputs["TableName"], Item=marshal_item(item)
        )
    await asyncio.to_thread(create)
    await wait_until_no_rows_are_left(stack)
