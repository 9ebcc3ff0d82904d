"""How long it takes from a change to the message on an open socket, on the local stack.

One change after the other, everything warm: events get another title, over HTTP and by the domain
function called in this process, which returns when DynamoDB has answered the write. It is the
emulator's stream, functions and gateway that are measured, on the machine that also runs the
client, and one listener: on AWS other numbers come of it. What it shows is that nothing waits
where nothing has to.
"""

import asyncio
import os
import statistics
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import httpx

from gatherhub.events.schemas import EventChanges
from gatherhub.events.update import update
from gatherhub_client import Client, connect
from local.config import Config
from local.ports import free_ports
from local.stack import Stack, run_stack

CHANGES = 500
WARM = 20  # changes before each measurement
PATIENCE = 30  # seconds

Change = Callable[[str], Awaitable[object]]


@dataclass(frozen=True)
class Latency:
    """Milliseconds to the message, since the change was asked for and since that was answered."""

    asked: float
    answered: float


def main() -> None:
    """Print a line for each kind of change and each beginning: median and 99th percentile."""
    with TemporaryDirectory() as state:
        port, emulator_port = free_ports(2)
        config = Config(
            root=Path(__file__).parent.parent.parent,
            state=Path(state),
            port=port,
            emulator_port=emulator_port,
            parameters={"RateLimit": "1000000"},
        )
        with run_stack(config, print) as stack:
            stack.wait_until_warm()
            measured = asyncio.run(measure(stack))
    print(f"From a change to its message, {CHANGES} one after the other, ms on the local stack")
    print(f"{'from':38} {'median':>7} {'p99':>7}")
    for name, values in measured.items():
        ordered = sorted(values)
        p99 = ordered[len(ordered) * 99 // 100]
        print(f"{name:38} {statistics.median(ordered):7.1f} {p99:7.1f}")


async def measure(stack: Stack) -> dict[str, list[float]]:
    """Return the milliseconds of each change by where they begin."""
    async with httpx.AsyncClient(base_url=f"{stack.api_url}/api/v1", timeout=PATIENCE) as http:
        name = f"ada{uuid.uuid4().hex[:12]}"
        account = {"username": name, "email": f"{name}@example.org", "password": "correct horse 7"}
        person = await _asked(http, "POST", "/auth/register/", account)
        http.headers["Authorization"] = f"Bearer {person['access']}"
        body = {"title": "Picnic", "date": "2030-06-01T12:00:00Z"}
        event_id = (await _asked(http, "POST", "/events/", body))["id"]

        async def token(_: bool) -> str:
            access: str = person["access"]
            return access

        async def by_http(title: str) -> None:
            await _asked(http, "PUT", f"/events/{event_id}/", {"title": title})

        async def by_function(title: str) -> None:
            changes = EventChanges(title=title)
            await asyncio.to_thread(update, person["user"]["id"], event_id, changes)

        async with connect(stack.ws_url, token=token, topics=["events"], event=event_id) as client:
            over_http = await series(client, by_http)
            with patch.dict(os.environ, _environment(stack)):
                stored = await series(client, by_function)
    return {
        "sending the HTTP request": [one.asked for one in over_http],
        "its answer": [one.answered for one in over_http],
        "the answer of DynamoDB to the write": [one.answered for one in stored],
    }


async def series(client: Client, change: Change) -> list[Latency]:
    """Change the title again and again, and return how long each message took."""
    return [await latency(client, change) for _ in range(WARM + CHANGES)][WARM:]


async def latency(client: Client, change: Change) -> Latency:
    """Make one change, and wait for its answer and its message, whichever comes first."""
    title = uuid.uuid4().hex
    asked = time.perf_counter()
    heard = asyncio.create_task(_heard(client, title))
    await change(title)
    answered = time.perf_counter()
    arrived = await asyncio.wait_for(heard, PATIENCE)
    return Latency((arrived - asked) * 1_000, (arrived - answered) * 1_000)


async def _heard(client: Client, title: str) -> float:
    async for message in client:
        if message["type"] == "event_updated" and message["data"]["title"] == title:
            return time.perf_counter()
    raise SystemExit("the client was closed")


async def _asked(http: httpx.AsyncClient, method: str, path: str, body: object) -> Any:
    answer = await http.request(method, path, json=body)
    return answer.raise_for_status().json()


def _environment(stack: Stack) -> dict[str, str]:
    """What the code in this process needs to write to the emulator's table."""
    return {
        "AWS_ENDPOINT_URL": stack.config.emulator_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_NAME": stack.outputs["TableName"],
        "PUBLIC_URL": stack.api_url,
    }
