"""Clients whose connections break again and again during a thousand changes miss none of them."""

# ruff: noqa: S311  (chaos that can be repeated, no secrets)

import asyncio
import random
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from itertools import dropwhile, zip_longest
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from gatherhub_client import Client, Timing, Topic, connect
from local.stack import Stack
from tests.e2e.parties import Api, Fact, Ledger, OutcomeUnknown, Party, Thing, User, fact_of

PARTIES = 24
STEPS = 46  # of each
CHANGES = 1_000  # at least so many messages must come of it
AT_ONCE = 8  # requests
USERS = 6
PATIENCE = 60  # seconds
LONGEST_LIFE = 4  # seconds; of a connection
CONNECTIONS = 3  # at least, of each client, that were caught up
TIMING = Timing(backoff=0.2, longest_backoff=1, stable=0.5, closing=0.5)


class Listener:
    """A reference client with all that it handed out."""

    def __init__(self, *topics: Topic, event: int | None = None) -> None:
        self.topics = topics
        self.event = event
        self.got: dict[Thing, list[Fact]] = defaultdict(list)
        self.totals: dict[int, list[int]] = defaultdict(list)
        self.ids: list[str] = []
        self.gaps: list[list[str]] = []
        self.opened = 0

    def noted(self, status: str) -> None:
        self.opened += status == "open"

    async def listen(self, client: Client) -> None:
        async for message in client:
            self.ids.append(message["id"])
            thing, fact = fact_of(message)
            self.got[thing].append(fact)
            if message["type"] == "vote_cast":
                self.totals[message["data"]["vote_id"]].append(message["data"]["total_votes"])

    def expected(self, ledger: Ledger) -> dict[Thing, list[Fact]]:
        return {
            thing: facts
            for thing, facts in ledger.told.items()
            if thing[0] in self.topics and self.event in {None, ledger.events[thing]}
        }

    def heard(self, ledger: Ledger) -> dict[Thing, list[Fact]]:
        return {thing: facts for thing, facts in self.got.items() if thing in ledger.told}

    def is_complete(self, ledger: Ledger) -> bool:
        expected = self.expected(ledger)
        return all(len(self.got[thing]) >= len(facts) for thing, facts in expected.items())


@pytest.fixture
async def users(stack: Stack) -> AsyncIterator[list[User]]:
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=stack.api_url, timeout=PATIENCE, limits=limits) as http:
        api = Api(http)
        registered = []
        for _ in range(USERS):
            name = f"ada{uuid.uuid4().hex[:12]}"
            body = {"username": name, "email": f"{name}@example.org", "password": "correct horse 7"}
            person = await api.call("POST", "auth/register", body, 201)
            registered.append(User(person["user"]["id"], person["access"], api))
        yield registered


class Network:
    """Every connection breaks after a random time, often before its client has caught up."""

    def __init__(self) -> None:
        self.chance: random.Random | None = None
        self._breaks: list[asyncio.TimerHandle] = []

    def added(self, socket: ClientConnection) -> None:
        if self.chance:
            life = self.chance.uniform(0, LONGEST_LIFE)
            loop = asyncio.get_running_loop()
            self._breaks.append(loop.call_later(life, socket.transport.abort))

    def heal(self) -> None:
        self.chance = None
        for one in self._breaks:
            one.cancel()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    between = Network()
    real = websockets.connect

    async def connected(*arguments: Any, **options: Any) -> ClientConnection:
        socket = await real(*arguments, **options)
        between.added(socket)
        return socket

    monkeypatch.setattr(websockets, "connect", connected)
    return between


async def test_no_change_is_missed_or_told_twice_however_often_connections_break(
    stack: Stack, users: list[User], network: Network
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    ledger = Ledger()
    listeners: list[Listener] = []

    async def heard(thing: Thing) -> None:
        facts = len(ledger.told[thing])
        await until(lambda: any(len(listener.got[thing]) >= facts for listener in listeners))

    parties = [
        Party(users, random.Random(f"{seed} {number}"), ledger, heard) for number in range(PARTIES)
    ]
    lasting = parties[0]
    await lasting.create()
    # It came before anybody listened, and may still be told to those who began at that moment.
    created = ledger.told.pop(("events", lasting.event_id))
    listeners += [
        Listener("events", "tasks", "voting"),
        Listener("tasks"),
        Listener("events", "tasks", "voting", event=lasting.event_id),
        Listener("voting", "events"),
        Listener("tasks", "voting", event=lasting.event_id),
    ]
    network.chance = random.Random(f"{seed} network")
    async with AsyncExitStack() as clients, asyncio.TaskGroup() as group:
        for listener in listeners:
            client = await clients.enter_async_context(follow(stack, listener, users[0]))
            group.create_task(listener.listen(client))
        await everything_happens(parties, ledger)
        # On a busy machine it takes longer until each was cut off often enough.
        await until(lambda: all(listener.opened >= CONNECTIONS for listener in listeners))
        network.heal()
        await until(lambda: all(listener.is_complete(ledger) for listener in listeners))
        # What was told twice or wrongly came before what is told last.
        for last in (lasting.update, lasting.create_task, lasting.create_vote):
            await last()
        await until(lambda: all(listener.is_complete(ledger) for listener in listeners))
        await clients.aclose()

    assert ledger.messages >= CHANGES
    for listener in listeners:
        first = listener.got["events", lasting.event_id]
        if first[:1] == created:
            del first[0]
        assert differences(listener.heard(ledger), listener.expected(ledger)) == {}
        assert len(listener.ids) == len(set(listener.ids))
        assert listener.gaps == []  # the log goes back further than this test
        for totals in listener.totals.values():
            assert all(total >= number for number, total in enumerate(totals, 1))


def follow(stack: Stack, listener: Listener, user: User) -> Any:
    async def token(_: bool) -> str:
        return user.token

    return connect(
        stack.ws_url,
        token=token,
        topics=listener.topics,
        event=listener.event,
        gap=lambda: listener.gaps.append(listener.ids[-1:]),
        status=listener.noted,
        timing=TIMING,
    )


async def everything_happens(parties: list[Party], ledger: Ledger) -> None:
    places = asyncio.Semaphore(AT_ONCE - 1)  # the lasting party takes one

    async def happen(party: Party) -> None:
        async with places:
            try:
                await party.create()
                await party.go_on(STEPS)
                await party.delete()
            except OutcomeUnknown:  # of a machine that is too busy
                ledger.forget(party.event_id)

    lasting, *others = parties
    await asyncio.gather(lasting.go_on(STEPS), *map(happen, others))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110  (of many listeners and things)
            await asyncio.sleep(0.02)


def differences(
    heard: dict[Thing, list[Fact]], expected: dict[Thing, list[Fact]]
) -> dict[Thing, tuple[list[Fact | None], list[Fact | None]]]:
    """Return what was heard and expected of each thing from where on they differ."""
    found = {}
    for thing in heard.keys() | expected.keys():
        pairs = zip_longest(heard.get(thing, []), expected.get(thing, []))
        rest = list(dropwhile(lambda pair: pair[0] == pair[1], pairs))
        if rest:
            found[thing] = ([pair[0] for pair in rest], [pair[1] for pair in rest])
    return found
