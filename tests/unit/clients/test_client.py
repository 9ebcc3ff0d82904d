"""The Python client against a server that does what servers and networks do at their worst."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from gatherhub_client import (
    Client,
    ConnectionLost,
    Message,
    MessageType,
    ServerError,
    Timing,
    connect,
)
from tests.scripted_server import Answer, ScriptedServer, Socket

# Seconds; everything else is as in production where a test does not say otherwise.
QUICK = Timing(backoff=0.01, longest_backoff=0.05, closing=0.2)
PATIENCE = 5
EVENTS: MessageType = "event_deleted"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


class Tokens:
    """A token callback: `old` until it is asked for a new one."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    async def __call__(self, refresh: bool) -> str:
        self.asked.append(refresh)
        return f"new{sum(self.asked)}" if refresh else "old"


def client_of(
    server: ScriptedServer, timing: Timing = QUICK, **options: Any
) -> AbstractAsyncContextManager[Client]:
    options.setdefault("token", Tokens())
    return connect(server.url, timing=timing, **options)


def deleted(server: ScriptedServer, event_id: int = 0) -> dict[str, Any]:
    return server.message(EVENTS, {"event_id": event_id})


def hold(server: ScriptedServer, asked: str) -> None:
    """Let the test answer one type of message."""
    server.answers[asked] = lambda *_: []


async def until(server: ScriptedServer, condition: Callable[[], object]) -> None:
    await asyncio.to_thread(server.wait_until, condition)


async def receive(client: Client, count: int) -> list[Message]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(client) for _ in range(count)]


async def nothing_else(server: ScriptedServer, client: Client) -> None:
    """Check that what comes next was sent just now."""
    last = deleted(server)
    server.publish(last)
    assert await receive(client, 1) == [last]


async def reconnected(server: ScriptedServer, before: Socket) -> Socket:
    """Wait until another socket has resumed, and return it."""
    await until(server, lambda: server.sockets[-1] is not before)
    await until(server, lambda: server.sockets[-1].heard("resume"))
    return server.sockets[-1]


@pytest.mark.parametrize(
    ("options", "path", "query", "subscribed"),
    [
        ({}, "/ws/", {}, []),
        ({"topics": ["tasks"]}, "/ws/tasks/", {}, []),
        ({"topics": ["tasks"], "event": 5}, "/ws/tasks/", {"event": "5"}, []),
        ({"event": 5}, "/ws/", {"event": "5"}, []),
        (
            {"topics": ["voting", "tasks"]},
            "/ws/voting/",
            {},
            [{"topics": ["tasks"], "event": None}],
        ),
        (
            {"topics": ["events", "voting"], "event": 5},
            "/ws/events/",
            {"event": "5"},
            [{"topics": ["voting"], "event": 5}],
        ),
    ],
)
async def test_the_topics_decide_on_the_path_and_on_what_is_said(
    server: ScriptedServer,
    options: dict[str, Any],
    path: str,
    query: dict[str, str],
    subscribed: list[dict[str, Any]],
) -> None:
    async with client_of(server, **options):
        (socket,) = server.sockets
        assert (socket.path, socket.query) == (path, query)
        assert socket.said[0] == {"type": "authenticate", "data": {"token": "old"}}
        assert socket.heard("subscribe") == subscribed
        topics = options.get("topics", ["events", "tasks", "voting"])
        assert socket.subscriptions == {(topic, options.get("event")) for topic in topics}
        assert not socket.heard("resume")


async def test_messages_are_iterated_over_once_each(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        first, second = deleted(server), deleted(server)
        server.publish(first, second, first)
        assert await receive(client, 2) == [first, second]
        await nothing_else(server, client)


async def test_what_comes_before_anybody_looks_is_kept(server: ScriptedServer) -> None:
    def and_a_message(socket: Socket, data: dict[str, Any]) -> list[dict[str, Any]]:
        return [*server.authenticate(socket, data), early]

    early = deleted(server)
    server.answers["authenticate"] = and_a_message
    async with client_of(server) as client:
        late = deleted(server)
        server.publish(late)
        assert await receive(client, 2) == [early, late]


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"message": "Internal server error"}'])
async def test_what_is_no_message_is_ignored(server: ScriptedServer, text: str) -> None:
    async with client_of(server) as client:
        (socket,) = server.sockets
        socket.send_text(text)
        socket.send(server.message("weather_changed"))
        await nothing_else(server, client)
        assert len(server.sockets) == 1


async def test_callbacks_get_their_type_one_after_the_other(server: ScriptedServer) -> None:
    got: list[Any] = []
    done = asyncio.Event()

    async def slow(message: Message) -> None:
        await asyncio.sleep(0.01)
        got.append(("slow", message["id"]))

    async with client_of(server) as client:
        client.on(EVENTS, lambda message: got.append(("quick", message["id"])))
        client.on(EVENTS, slow)
        client.on("task_deleted", lambda _: done.set())
        messages = [deleted(server), server.message("event_left"), deleted(server)]
        server.publish(*messages, server.message("task_deleted"))
        await asyncio.wait_for(done.wait(), PATIENCE)
        assert got == [
            (name, message["id"]) for message in messages[::2] for name in ("quick", "slow")
        ]
        with pytest.raises(RuntimeError):
            aiter(client)


async def test_a_callback_that_fails_loses_nothing(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[int] = []
    done = asyncio.Event()

    def fail(message: Any) -> None:
        if message["data"]["event_id"] == 1:
            raise ValueError("not this one")
        got.append(message["data"]["event_id"])

    async with client_of(server) as client:
        client.on(EVENTS, fail)
        client.on("task_deleted", lambda _: done.set())
        server.publish(*(deleted(server, number) for number in range(3)))
        server.publish(server.message("task_deleted"))
        await asyncio.wait_for(done.wait(), PATIENCE)
        assert len(server.sockets) == 1
    assert got == [0, 2]
    assert "not this one" in caplog.text


@pytest.mark.parametrize("code", ["token_invalid", "token_expired", "not_authenticated"])
async def test_a_refused_token_is_replaced_at_once(server: ScriptedServer, code: str) -> None:
    server.refused["old"] = code
    tokens = Tokens()
    async with client_of(server, token=tokens):
        assert tokens.asked == [False, True]
        assert server.sockets[0].tokens == ["old", "new1"]


async def test_other_errors_are_no_reason_for_a_new_token(server: ScriptedServer) -> None:
    server.refused["old"] = "service_unavailable"
    tokens = Tokens()
    async with asyncio.TaskGroup() as group:

        async def heal() -> None:
            await until(server, lambda: len(server.sockets) > 2)
            server.refused.clear()

        group.create_task(heal())
        async with client_of(server, token=tokens):
            assert True not in tokens.asked


async def test_a_token_callback_that_fails_is_asked_again(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([ValueError("signed out"), OSError("no network")])

    async def token(refresh: bool) -> str:
        if failure := next(failures, None):
            raise failure
        return "good"

    async with client_of(server, token=token):
        assert server.authenticated[-1].tokens == ["good"]
    assert "signed out" in caplog.text
    assert "no network" in caplog.text


async def test_the_token_is_renewed_before_it_expires(server: ScriptedServer) -> None:
    server.token_seconds = 2  # half of it is less than a minute
    tokens = Tokens()
    async with client_of(server, token=tokens) as client:
        await until(server, lambda: len(server.sockets[0].tokens) > 1)
        server.token_seconds = 3_600
        assert server.sockets[0].tokens[:2] == ["old", "new1"]
        await nothing_else(server, client)
        assert len(server.sockets) == 1


async def test_a_renewal_that_fails_is_tried_again_on_the_same_connection(
    server: ScriptedServer,
) -> None:
    server.token_seconds = 4
    server.refused["new1"] = "service_unavailable"
    async with client_of(server):
        await until(server, lambda: "new2" in server.sockets[0].tokens)
        assert len(server.sockets) == 1


async def test_an_expired_token_is_not_shown_again(server: ScriptedServer) -> None:
    tokens = Tokens()
    async with client_of(server, token=tokens) as client:
        first = server.sockets[0]
        first.send(server.message("token_expired"))
        await asyncio.to_thread(first.close, 1008)
        second = await reconnected(server, first)
        assert (tokens.asked, second.tokens) == ([False, True], ["new1"])
        await nothing_else(server, client)


async def test_what_was_missed_comes_after_a_reconnection(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        seen = deleted(server)
        server.publish(seen)
        assert await receive(client, 1) == [seen]
        missed = [deleted(server), deleted(server)]
        server.log.extend(missed)
        first = server.sockets[0]
        first.cut()
        second = await reconnected(server, first)
        assert [said["type"] for said in second.said] == ["authenticate", "resume"]
        assert second.heard("resume") == [{"last_id": seen["id"]}]
        assert await receive(client, 2) == missed
        await nothing_else(server, client)


async def test_the_client_resumes_from_where_its_connection_began_or_from_what_came_since(
    server: ScriptedServer,
) -> None:
    began: list[str] = []

    def remember(answer: Answer) -> Answer:
        def answering(socket: Socket, data: dict[str, Any]) -> list[dict[str, Any]]:
            answers = list(answer(socket, data))
            began.append(answers[-1]["id"])
            return answers

        return answering

    server.answers["authenticate"] = remember(server.authenticate)
    async with client_of(server) as client:
        server.answers |= {"authenticate": server.authenticate, "resume": remember(server.resume)}
        for _ in range(3):
            await client.unsubscribe(["tasks"])  # the answer does not count
            last = server.authenticated[-1]
            last.cut()
            resuming = await reconnected(server, last)
            assert resuming.heard("resume") == [{"last_id": began[-2]}]
            await until(server, lambda: server.authenticated)
        seen = deleted(server)
        server.publish(seen)
        await receive(client, 1)
        last = server.authenticated[-1]
        last.send(server.message("reconnect"))
        assert (await reconnected(server, last)).heard("resume") == [{"last_id": seen["id"]}]


async def test_what_comes_while_resuming_is_sorted_into_it(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        known, *missed = (deleted(server) for _ in range(5))
        server.publish(known)
        assert await receive(client, 1) == [known]
        hold(server, "resume")
        server.sockets[0].cut()
        second = await reconnected(server, server.sockets[0])
        second.send(missed[3], missed[1], known, missed[2], missed[0], missed[1])
        second.send(server.message("resumed", {"recovered": True}), missed[2])
        assert await receive(client, 4) == missed
        await nothing_else(server, client)


async def test_what_was_collected_on_a_connection_that_broke_is_not_lost(
    server: ScriptedServer,
) -> None:
    async with client_of(server) as client:
        missed = [deleted(server), deleted(server)]
        server.log.extend(missed)
        hold(server, "resume")
        server.sockets[0].cut()
        second = await reconnected(server, server.sockets[0])
        second.send(missed[1])
        server.answers["resume"] = server.resume
        second.cut()
        assert await receive(client, 2) == missed


async def test_a_gap_is_told_before_what_follows_it(server: ScriptedServer) -> None:
    order: list[object] = []

    async def fetch() -> None:
        await asyncio.sleep(0)
        order.append("gap")

    async with client_of(server, gap=fetch) as client:
        before = deleted(server)
        server.publish(before)
        order += await receive(client, 1)
        # What is older than the fetch would be in it.
        after = {**deleted(server), "timestamp": "2999-01-01T00:00:00Z"}
        server.log.append(after)
        server.recovered = False
        first = server.sockets[0]
        first.cut()
        await reconnected(server, first)
        order += await receive(client, 1)
        assert order == [before, "gap", after]


async def test_after_a_gap_with_nothing_behind_it_the_client_resumes_from_there(
    server: ScriptedServer,
) -> None:
    gaps: list[bool] = []
    async with client_of(server, gap=lambda: gaps.append(True)) as client:
        old = deleted(server)
        server.publish(old)
        await receive(client, 1)
        server.log.clear()
        server.recovered = False
        first = server.sockets[0]
        first.cut()
        second = await reconnected(server, first)
        server.recovered = True
        await nothing_else(server, client)
        assert gaps == [True]
        server.log.clear()
        second.cut()
        third = await reconnected(server, second)
        assert third.heard("resume")[0]["last_id"] > old["id"]
        await nothing_else(server, client)
        assert gaps == [True]


async def test_an_id_that_the_server_does_not_know_is_a_gap(server: ScriptedServer) -> None:
    gaps: list[bool] = []
    async with client_of(server, gap=lambda: gaps.append(True)) as client:
        server.answers["resume"] = lambda *_: [server.error("validation_error")]
        server.sockets[0].cut()
        await reconnected(server, server.sockets[0])
        await until(server, lambda: server.authenticated)
        await nothing_else(server, client)
        assert gaps == [True]


async def test_a_server_that_does_not_answer_pings_is_left(server: ScriptedServer) -> None:
    timing = Timing(backoff=0.01, heartbeat=0.05, pong=0.1, closing=0.2)
    async with client_of(server, timing) as client:
        await until(server, lambda: len(server.sockets[0].heard("ping")) > 2)
        assert len(server.sockets) == 1
        hold(server, "ping")
        await reconnected(server, server.sockets[0])
        server.answers["ping"] = lambda *_: [server.message("pong")]
        await until(server, lambda: server.sockets[0].closed)
        await nothing_else(server, client)


async def test_an_error_is_an_answer_to_a_ping_as_well(server: ScriptedServer) -> None:
    server.answers["ping"] = lambda *_: [server.error("internal_error")]
    timing = Timing(heartbeat=0.02, pong=0.1, closing=0.2)
    async with client_of(server, timing):
        await until(server, lambda: len(server.sockets[0].heard("ping")) > 3)
        assert len(server.sockets) == 1


async def test_the_next_connection_takes_over_before_the_old_one_is_closed(
    server: ScriptedServer,
) -> None:
    hold(server, "resume")
    async with client_of(server) as client:
        (first,) = server.sockets
        first.send(server.message("reconnect"))
        second = await reconnected(server, first)
        live, missed, late = (deleted(server) for _ in range(3))
        second.send(missed)
        first.send(live)  # the old one goes on until the new one is caught up
        assert await receive(client, 1) == [live]
        assert not first.closed
        second.send(live, server.message("resumed", {"recovered": True}))
        assert await receive(client, 1) == [missed]
        first.send(late)
        await until(server, lambda: first.closed)
        await nothing_else(server, client)
        assert not second.closed


async def test_the_old_connection_goes_on_while_there_is_no_next(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        (first,) = server.sockets
        server.handshake_status = 503
        first.send(server.message("reconnect"))
        for _ in range(3):
            await nothing_else(server, client)
        server.handshake_status = None
        await reconnected(server, first)
        await until(server, lambda: first.closed)
        await nothing_else(server, client)


async def test_subscriptions_last_across_reconnections(server: ScriptedServer) -> None:
    async with client_of(server, topics=["events"]) as client:
        await client.subscribe(["tasks", "voting"], event=5)
        await client.subscribe(["voting"])
        await client.unsubscribe(["voting"], event=5)
        (first,) = server.sockets
        wanted = {("events", None), ("tasks", 5), ("voting", None)}
        assert first.subscriptions == wanted
        first.cut()
        second = await reconnected(server, first)
        assert second.subscriptions == wanted
        assert second.said[-1]["type"] == "resume"


async def test_whoever_listens_to_nothing_hears_nothing_on_the_next_connection_either(
    server: ScriptedServer,
) -> None:
    async with client_of(server, topics=["tasks"]) as client:
        await client.unsubscribe(["tasks"])
        server.sockets[0].cut()
        second = await reconnected(server, server.sockets[0])
        assert second.subscriptions == set()


async def test_a_refused_subscription_is_raised(server: ScriptedServer) -> None:
    async with client_of(server, topics=["events"]) as client:
        server.answers["subscribe"] = lambda *_: [server.error("validation_error")]
        with pytest.raises(ServerError) as refusal:
            await client.subscribe(["tasks"], event=5)
        assert refusal.value.code == "validation_error"
        server.sockets[0].cut()
        second = await reconnected(server, server.sockets[0])
        assert second.subscriptions == {("events", None)}


async def test_a_subscription_waits_for_a_connection(server: ScriptedServer) -> None:
    async with client_of(server, topics=["events"]) as client:
        hold(server, "subscribe")
        subscribing = asyncio.create_task(client.subscribe(["tasks"]))
        await until(server, lambda: server.sockets[0].heard("subscribe"))
        server.answers["subscribe"] = server.subscribe
        server.sockets[0].cut()
        await asyncio.wait_for(subscribing, PATIENCE)
        assert server.sockets[1].subscriptions == {("events", None), ("tasks", None)}


async def test_a_subscription_that_nobody_waits_for_any_more_confuses_nothing(
    server: ScriptedServer,
) -> None:
    async with client_of(server, topics=["events"]) as client:
        hold(server, "subscribe")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.subscribe(["voting"]), 0.05)
        (first,) = server.sockets

        def late_there(socket: Socket, data: dict[str, Any]) -> list[dict[str, Any]]:
            late = server.error("validation_error")
            return [late] if socket is first else server.subscribe(socket, data)

        server.answers["subscribe"] = late_there
        await asyncio.wait_for(client.subscribe(["tasks"]), PATIENCE)
        assert server.authenticated[0].subscriptions == {("events", None), ("tasks", None)}


async def test_waits_double_and_begin_afresh_after_a_stable_connection(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        waits.append((low, high))
        if len(waits) == 9:
            server.handshake_status = None
        return 0.0

    monkeypatch.setattr(random, "uniform", uniform)
    server.handshake_status = 503
    async with client_of(server, Timing(stable=0.1)) as client:
        assert waits == [(0, wait) for wait in (0.5, 1, 2, 4, 8, 16, 30, 30, 30)]
        first = server.sockets[0]
        first.cut()  # too early
        second = await reconnected(server, first)
        assert waits[9:] == [(0, 30)]
        await until(server, lambda: server.authenticated == [second])
        await asyncio.sleep(0.2)
        second.cut()
        await reconnected(server, second)
        assert waits[10:] == [(0, 0.5)]
        await until(server, lambda: server.authenticated)
        await asyncio.sleep(0.2)
        third = server.authenticated[0]
        third.send(server.message("reconnect"))
        await reconnected(server, third)
        assert len(waits) == 11  # there is time, but none is needed
        await nothing_else(server, client)


async def test_the_status_is_told(server: ScriptedServer) -> None:
    told: list[str] = []

    def status(now: str) -> None:
        told.append(now)
        raise ValueError("nobody listens")

    async with client_of(server, status=status) as client:
        assert told == ["connecting", "open"]
        server.sockets[0].cut()
        await reconnected(server, server.sockets[0])
        await nothing_else(server, client)
    assert told == ["connecting", "open", "connecting", "open", "closed"]


async def test_nothing_is_left_of_earlier_connections(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        await nothing_else(server, client)
        tasks = len(asyncio.all_tasks())
        for _ in range(3):
            last = server.authenticated[-1]
            last.cut()
            await reconnected(server, last)
            await until(server, lambda: server.authenticated)
            await nothing_else(server, client)
        assert len(asyncio.all_tasks()) == tasks


async def test_closing_ends_everything(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        last = deleted(server)
        server.publish(last)
        await nothing_else_of(client, last)
        await client.close()
        await until(server, lambda: server.sockets[0].closed)
        assert [message async for message in client] == []
        with pytest.raises(ConnectionLost):
            await client.subscribe(["tasks"])
    assert len(server.sockets) == 1
    assert len(asyncio.all_tasks()) == 1


async def nothing_else_of(client: Client, last: dict[str, Any]) -> None:
    assert await receive(client, 1) == [last]


async def test_a_callback_may_close(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        client.on(EVENTS, lambda _: client.close())
        server.publish(deleted(server))
        await until(server, lambda: server.sockets[0].closed)


async def test_nothing_is_left_of_a_client_that_never_connected(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    hold(server, "authenticate")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2), client_of(server):
            pytest.fail("nobody has answered")
    await until(server, lambda: server.sockets[0].closed)
    assert len(asyncio.all_tasks()) == 1


def named(message: Message) -> str:
    """Type checkers know the data from the type."""
    if message["type"] == "event_joined":
        return message["data"]["user"]["username"]
    if message["type"] == "vote_ended" and message["data"]["winner"]:
        return message["data"]["winner"]["text"]
    return ""


async def test_the_type_tells_what_the_data_is(server: ScriptedServer) -> None:
    async with client_of(server) as client:
        joined = {"event_id": 1, "current_participants": 2, "user": {"username": "ada"}}
        server.publish(server.message("event_joined", joined))
        assert [named(message) for message in await receive(client, 1)] == ["ada"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"url": "http://localhost"}, ValueError),
        ({"topics": ["gossip"]}, ValueError),
        ({"topics": "events"}, TypeError),
        ({"event": "5"}, TypeError),
        ({"token": "eyJ"}, TypeError),
    ],
)
async def test_what_can_never_work_is_refused_at_once(
    wrong: dict[str, Any], error: type[Exception]
) -> None:
    async def token(_: bool) -> str:
        return "token"

    options: dict[str, Any] = {"url": "ws://127.0.0.1:1", "token": token, **wrong}
    with pytest.raises(error):
        async with connect(options.pop("url"), **options):
            pytest.fail("it can't be connected")


async def test_messages_wait_until_what_is_shown_was_fetched(server: ScriptedServer) -> None:
    order: list[str] = []
    fetching, fetched = asyncio.Event(), asyncio.Event()

    async def fetch() -> None:
        fetching.set()
        await fetched.wait()
        order.append("fetched")

    async with client_of(server, ready=fetch) as client:
        client.on("event_deleted", lambda _: order.append("told"))
        await fetching.wait()
        server.publish(deleted(server))
        await asyncio.sleep(0.1)
        assert order == []
        fetched.set()
        await until(server, lambda: len(order) == 2)
    assert order == ["fetched", "told"]
