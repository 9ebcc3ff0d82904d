"""More listeners than one function posts to: slices through the queue, by lanes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from gatherhub.realtime.fan_out import DIRECTLY
from gatherhub.table import keys
from gatherhub.table.items import marshal_item
from local.stack import Stack

CROWD = DIRECTLY + 20
AT_ONCE = 4  # handshakes; each takes a worker of its own
PATIENCE = 60  # seconds
CHANGES = 5


@pytest.fixture
def _directly_again(stack: Stack) -> Iterator[None]:
    """Let the other tests' messages go directly, and not by lanes for half an hour."""
    yield
    key = marshal_item(keys.lanes()._asdict())
    stack.client("dynamodb").delete_item(TableName=stack.outputs["TableName"], Key=key)


@pytest.mark.usefixtures("_directly_again")
async def test_a_crowd_hears_everything_once_and_in_order(
    stack: Stack, http: httpx.Client, token: str
) -> None:
    event = _created(http, token)
    address = f"{stack.ws_url}/ws/events/?event={event['id']}&token={token}"
    places = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as open_sockets:

        async def join() -> ClientConnection:
            async with places:
                return await open_sockets.enter_async_context(
                    connect(address, open_timeout=PATIENCE)
                )

        crowd = await asyncio.gather(*(join() for _ in range(CROWD)))
        for number in range(CHANGES):
            await asyncio.to_thread(_rename, http, token, event["id"], f"Picnic {number}")
        heard = await asyncio.gather(*(_titles(socket) for socket in crowd))
    assert heard == [[f"Picnic {number}" for number in range(CHANGES)]] * CROWD


def _created(http: httpx.Client, token: str) -> dict[str, Any]:
    body = {"title": "Picnic", "date": "2030-06-01T12:00:00Z"}
    answer = http.post("/api/v1/events/", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 201, answer.text
    event: dict[str, Any] = answer.json()
    return event


def _rename(http: httpx.Client, token: str, event_id: int, title: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.put(f"/api/v1/events/{event_id}/", json={"title": title}, headers=headers)
    assert answer.status_code == 200, answer.text


async def _titles(socket: ClientConnection) -> list[str]:
    """Return the titles that the event was given, each message once."""
    titles: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE):
        while len(titles) < CHANGES:
            message = json.loads(await socket.recv())
            if message["type"] == "event_updated":  # the first may still hear of its creation
                titles.setdefault(message["id"], message["data"]["title"])
    return list(titles.values())
