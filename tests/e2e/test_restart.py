"""Data outlives a stop, and changes go on reaching the sockets after the next start."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect

from local.config import Config
from local.ports import free_ports
from local.stack import Stack, run_stack

ROOT = Path(__file__).parent.parent.parent

CREDENTIALS = {"username": "ada", "password": "Analytical-1843"}


@pytest.fixture
def config(tmp_path: Path) -> Config:
    port, emulator_port = free_ports(2)
    return Config(root=ROOT, state=tmp_path, port=port, emulator_port=emulator_port)


def call(stack: Stack, method: str, path: str, **options: Any) -> Any:
    response = httpx.request(method, f"{stack.api_url}{path}", timeout=30, **options)
    assert response.is_success, response.text
    return response.json()


async def create_and_hear(stack: Stack, token: str, title: str) -> tuple[int, list[Any]]:
    """Create an event; answer its id and the titles that an open socket has heard of."""
    headers = {"Authorization": f"Bearer {token}"}
    event = {"title": title, "date": "2030-06-01T12:00:00Z"}
    async with connect(f"{stack.ws_url}/ws/events/?token={token}", open_timeout=30) as socket:
        created = await asyncio.to_thread(
            call, stack, "POST", "/api/v1/events/", json=event, headers=headers
        )
        heard = [json.loads(await asyncio.wait_for(socket.recv(), 30))]
        try:
            while True:
                heard.append(json.loads(await asyncio.wait_for(socket.recv(), 1)))
        except TimeoutError:
            return created["id"], [message["data"]["title"] for message in heard]


async def test_a_restart_loses_nothing_and_repeats_nothing(config: Config) -> None:
    with run_stack(config) as stack:
        account = {**CREDENTIALS, "email": "ada@example.com"}
        token = call(stack, "POST", "/api/v1/auth/register/", json=account)["access"]
        for title in ("first", "second", "third"):
            event_id, heard = await create_and_hear(stack, token, title)
            assert heard == [title]

    with run_stack(config) as stack:
        token = call(stack, "POST", "/api/v1/auth/login/", json=CREDENTIALS)["access"]
        headers = {"Authorization": f"Bearer {token}"}
        assert (
            call(stack, "GET", f"/api/v1/events/{event_id}/", headers=headers)["title"] == "third"
        )
        _, heard = await create_and_hear(stack, token, "fourth")
        assert heard == ["fourth"]
