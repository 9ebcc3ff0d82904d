"""Connections on the running stack: who they are, what they hear, and how long they stay."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from gatherhub import clock
from local.stack import Stack

# Seconds in which a worker that is not warm yet has started and answered.
PATIENCE = 30
LATE = 5  # seconds after its time by which a connection is closed

Sign = Callable[..., str]


@pytest.fixture
def create(http: httpx.Client, token: str) -> Callable[[], dict[str, Any]]:
    """Return a function that creates an event and returns it as the API answers it."""

    def create_event() -> dict[str, Any]:
        body = {"title": "Picnic", "date": "2030-06-01T12:00:00Z"}
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.post("/api/v1/events/", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        event: dict[str, Any] = answer.json()
        return event

    return create_event


@pytest.fixture
def sign(stack: Stack, token: str) -> Sign:
    """Return a function that makes an access token that ends after so many seconds."""
    secret = stack.client("secretsmanager").get_secret_value(
        SecretId=stack.outputs["TokenSecretArn"]
    )
    claims = jwt.decode(token, options={"verify_signature": False})

    def signed(seconds: int, **changes: str) -> str:
        return jwt.encode(
            {**claims, "exp": int(time.time()) + seconds, **changes},
            secret["SecretString"],
            algorithm="HS256",
            headers={"kid": secret["VersionId"]},
        )

    return signed


class Client:
    """A socket, and all that came on it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def say(self, type_: str, **data: Any) -> dict[str, Any]:
        """Send a message and return the next one that is not about a change."""
        await self.socket.send(json.dumps({"type": type_, "data": data}))
        return await self.wait_for(lambda message: "_" not in message["type"])

    async def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next message that is `wanted`."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.listen()
                if wanted(message):
                    return message

    async def listen(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.socket.recv())
        self.heard.append(message)
        return message

    async def hears_of(self, event: dict[str, Any]) -> dict[str, Any]:
        """Wait for the message about an event."""
        return await self.wait_for(
            lambda message: (message["type"], message["data"]) == ("event_created", event)
        )

    async def until_closed(self, seconds: float) -> None:
        """Wait until the server closes the connection; TimeoutError when it takes longer."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    await self.listen()
            except ConnectionClosed:
                return

    def types(self) -> list[str]:
        return [message["type"] for message in self.heard]

    def was_told_of(self, event: dict[str, Any]) -> bool:
        return any(message["data"].get("id") == event["id"] for message in self.heard)


@pytest.fixture
def listen(stack: Stack) -> Any:
    """Return a function that opens a socket at a path."""

    @asynccontextmanager
    async def opened(path: str, **options: Any) -> AsyncIterator[Client]:
        async with connect(stack.ws_url + path, open_timeout=PATIENCE, **options) as socket:
            yield Client(socket)

    return opened


async def test_a_plain_connection_hears_once_it_is_authenticated(
    listen: Any, token: str, create: Callable[[], dict[str, Any]]
) -> None:
    async with listen("/ws/") as client, listen(f"/ws/?token={token}") as witness:
        before = await asyncio.to_thread(create)
        await witness.hears_of(before)  # so it has been told to whom it concerns
        answer = await client.say("subscribe", topics=["events"])
        assert (answer["type"], answer["data"]["error"]) == ("error", "not_authenticated")
        answer = await client.say("authenticate", token="nonsense")
        assert (answer["type"], answer["data"]["error"]) == ("error", "token_invalid")
        answer = await client.say("authenticate", token=token)
        assert answer["type"] == "authenticated"
        claims = jwt.decode(token, options={"verify_signature": False})
        assert answer["data"]["user_id"] == int(claims["sub"])
        assert answer["data"]["expires_at"] == clock.to_text(clock.from_epoch(claims["exp"]))
        after = await asyncio.to_thread(create)
        message = await client.hears_of(after)
        assert message["id"][:10] >= answer["id"][:10]
        assert not client.was_told_of(before)


async def test_what_a_connection_hears_follows_its_subscriptions(
    listen: Any, token: str, create: Callable[[], dict[str, Any]]
) -> None:
    everything = [{"topic": topic, "event": None} for topic in ("tasks", "voting", "events")]
    async with (
        listen(f"/ws/tasks/?token={token}") as client,
        listen(f"/ws/?token={token}") as witness,
    ):
        unheard = [await asyncio.to_thread(create)]
        await witness.hears_of(unheard[0])
        answer = await client.say("subscribe", topics=["voting", "events"])
        assert answer["type"] == "subscribed"
        assert sorted(map(str, answer["data"]["subscriptions"])) == sorted(map(str, everything))
        heard = await asyncio.to_thread(create)
        await client.hears_of(heard)
        answer = await client.say("unsubscribe", topics=["all"])
        assert (answer["type"], answer["data"]) == ("unsubscribed", {"subscriptions": []})
        unheard.append(await asyncio.to_thread(create))
        await witness.hears_of(unheard[1])
        # One more that is heard tells that the one before was not.
        await client.say("subscribe", topics="all")
        await client.hears_of(await asyncio.to_thread(create))
        assert not any(client.was_told_of(event) for event in unheard)


async def test_messages_that_are_sent_without_waiting_for_answers_all_count(
    listen: Any, token: str
) -> None:
    async with listen(f"/ws/events/?token={token}") as client:
        for event in range(1, 21):
            await client.socket.send(
                json.dumps({"type": "subscribe", "data": {"topics": ["tasks"], "event": event}})
            )
        answers = [await client.wait_for(lambda m: m["type"] == "subscribed") for _ in range(20)]
        assert len(answers[-1]["data"]["subscriptions"]) == 21


@pytest.mark.parametrize(
    "path",
    [
        "/ws/events/?token=nonsense",
        "/ws/events/?token=",
        "/ws/?topics=all&token=a.b.c",
        "/ws/?event=nonsense",
        "/ws/?event=0",
    ],
)
async def test_a_handshake_that_asks_for_nonsense_is_refused(listen: Any, path: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with listen(path):
            pytest.fail("the handshake should have been refused")
    # The emulator makes 403 of every refusal.
    assert refusal.value.response.status_code in {400, 401, 403}


async def test_tokens_that_are_not_good_any_more_or_never_were_are_refused(
    listen: Any, sign: Sign
) -> None:
    for bad in (sign(-1), sign(60, type="refresh"), sign(60)[:-4]):
        for options in (
            {"path": f"/ws/?token={bad}"},
            {"path": "/ws/", "subprotocols": [Subprotocol(f"access_token.{bad}")]},
        ):
            with pytest.raises(InvalidStatus):
                async with listen(**options):
                    pytest.fail("the handshake should have been refused")


async def test_without_a_token_a_connection_is_told_and_closed_after_half_a_minute(
    listen: Any,
) -> None:
    async with listen("/ws/") as client:
        opened = time.monotonic()
        await client.until_closed(30 + PATIENCE)
        assert 28 < time.monotonic() - opened < 30 + LATE
        (word,) = client.heard
        assert (word["type"], word["data"]["error"]) == ("error", "not_authenticated")


@pytest.mark.parametrize("late", [False, True])
async def test_a_token_over_is_told_and_its_connection_closed(
    listen: Any, sign: Sign, late: bool
) -> None:
    short = sign(6)
    end = time.time() + 6
    async with listen("/ws/" if late else f"/ws/?token={short}") as client:
        if late:
            assert (await client.say("authenticate", token=short))["type"] == "authenticated"
        await client.until_closed(6 + PATIENCE)
        assert client.types()[-1] == "token_expired"
        assert end - 2 < time.time() < end + LATE


async def test_a_connection_renewed_in_time_goes_on(
    listen: Any, sign: Sign, token: str, create: Callable[[], dict[str, Any]]
) -> None:
    async with listen(f"/ws/events/?token={sign(6)}") as client:
        answer = await client.say("authenticate", token=token)
        assert answer["type"] == "authenticated"
        with pytest.raises(TimeoutError):
            await client.until_closed(6 + LATE)
        await client.hears_of(await asyncio.to_thread(create))
        assert "token_expired" not in client.types()


async def test_another_users_token_renews_nothing(listen: Any, sign: Sign) -> None:
    async with listen(f"/ws/events/?token={sign(600)}") as client:
        answer = await client.say("authenticate", token=sign(900, sub="1"))
        assert (answer["type"], answer["data"]["error"]) == ("error", "permission_denied")
        assert (await client.say("ping"))["type"] == "pong"
