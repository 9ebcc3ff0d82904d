"""The browser client in a real browser, against a server that does as a test says, and our own."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from local.stack import Stack
from tests.e2e.browser.chromium import App, running_browser, served_pages
from tests.e2e.browser.proxy import proxy_to
from tests.scripted_server import Message, ScriptedServer, Socket

# So that nothing takes long; heartbeats and renewals are those of the protocol.
QUICK = {"backoffFrom": 20, "backoffTo": 100}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with served_pages() as address:
        yield address


@pytest.fixture
def app(browser: Browser, pages: str) -> Iterator[App]:
    page = browser.new_page()
    crashes: list[str] = []
    page.on("pageerror", lambda error: crashes.append(str(error)))
    page.goto(f"{pages}/page.html")
    yield App(page)
    page.context.close()
    assert crashes == []


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def listening(app: App, server: ScriptedServer, **options: Any) -> Socket:
    """Connect the app and return its socket, once the app has been told that it is ready."""
    tuning = QUICK | options.pop("tuning", {})
    app.listen(server.url, tuning=tuning, **options)
    app.wait_for("happened.includes('ready')")
    return server.sockets[-1]


def deleted(server: ScriptedServer, event_id: int = 5) -> Message:
    return server.message("event_deleted", {"event_id": event_id})


def wait_for_sockets(server: ScriptedServer, count: int) -> Socket:
    """Wait until the client has opened so many, and return the last."""
    server.wait_until(lambda: len(server.sockets) >= count)
    return server.sockets[count - 1]


def test_authenticates_by_a_message_and_not_in_the_address(
    app: App, server: ScriptedServer
) -> None:
    socket = listening(app, server)

    assert socket.query == {}
    assert [said["type"] for said in socket.said] == ["authenticate"]
    assert socket.tokens == ["token-1"]
    assert app.run("[statuses, asked, client.status]") == [
        ["connecting", "open"],
        [False],
        "open",
    ]


@pytest.mark.parametrize(
    ("wanted", "address", "subscribed"),
    [
        ({}, ("/ws/", {}), []),
        ({"topics": ["voting", "events", "tasks"]}, ("/ws/", {}), []),
        ({"topics": ["tasks"]}, ("/ws/tasks/", {}), []),
        ({"topics": "all", "event": 7}, ("/ws/", {"event": "7"}), []),
        (
            {"topics": ["events", "voting"], "event": 7},
            ("/ws/events/", {"event": "7"}),
            [{"topics": ["voting"], "event": 7}],
        ),
    ],
)
def test_opens_the_path_of_its_topics_and_subscribes_to_more(
    app: App,
    server: ScriptedServer,
    wanted: dict[str, Any],
    address: tuple[str, dict[str, str]],
    subscribed: list[object],
) -> None:
    socket = listening(app, server, **wanted)

    assert (socket.path, socket.query) == address
    assert socket.heard("subscribe") == subscribed


@pytest.mark.parametrize(
    "options",
    ["{ url: 'ws://x', topics: ['chat'] }", "{ url: 'x' }", "{ url: 'ws://x', event: 'x' }"],
)
def test_refuses_what_can_never_work(app: App, options: str) -> None:
    code = f"() => {{ try {{ connect({options}) }} catch (error) {{ return error.name }} }}"

    assert app.run(code) == "TypeError"


def test_tells_each_callback_until_it_is_taken_back(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server)
    app.run(
        """() => {
          window.typed = [];
          window.off = client.on("event_deleted", (data, message) => typed.push([data, message]));
        }"""
    )
    first, second = deleted(server, 1), deleted(server, 2)

    socket.send(first, server.message("event_left", {"event_id": 1}))
    app.wait_for("happened.length === 3")
    app.run("off()")
    socket.send(second)

    app.wait_for("happened.length === 4")
    assert app.run("typed") == [[first["data"], first]]


def test_drops_what_it_knows(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server)
    first, second, third = (deleted(server) for _ in range(3))

    socket.send(first, second, first, second, third)

    app.wait_for_happened("ready", first["id"], second["id"], third["id"])


def test_forgets_ids_by_number(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, tuning={"rememberAtMost": 2})
    first, second, third = (deleted(server) for _ in range(3))

    socket.send(first, second, third, third, second, first)

    expected = [message["id"] for message in (first, second, third, first)]
    app.wait_for_happened("ready", *expected)


def test_forgets_ids_by_age_only_when_another_comes(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, tuning={"rememberFor": 50})
    first, second = deleted(server), deleted(server)

    socket.send(first)
    app.wait_for("happened.length === 2")
    app.run("until(100)")
    # After a quiet time a server may begin to resume with what was last.
    socket.send(first, second, first)

    app.wait_for_happened("ready", first["id"], second["id"], first["id"])


def test_resumes_after_the_last_message_and_sorts_what_comes(
    app: App, server: ScriptedServer
) -> None:
    socket = listening(app, server)
    known, *missed, live = (deleted(server) for _ in range(5))
    socket.send(known)
    app.wait_for("happened.length === 2")

    def resume(_: Socket, __: Message) -> list[Message]:
        mixed = [missed[2], live, missed[0], known, missed[1], missed[0]]
        return [*mixed, server.message("resumed", {"recovered": True})]

    server.answers["resume"] = resume
    socket.cut()

    ids = [message["id"] for message in (known, *missed, live)]
    app.wait_for("happened.length >= 6")
    server.publish(last := deleted(server))
    app.wait_for_happened("ready", *ids, last["id"])
    assert server.sockets[1].heard("resume") == [{"last_id": known["id"]}]
    assert app.run("statuses") == ["connecting", "open", "waiting", "connecting", "open"]


def test_resumes_after_authentication_when_nothing_came(app: App, server: ScriptedServer) -> None:
    answers: list[Message] = []

    def authenticate(socket: Socket, data: Message) -> list[Message]:
        answers.extend(server.authenticate(socket, data))
        return answers[-1:]

    server.answers["authenticate"] = authenticate
    socket = listening(app, server, tuning={"pingEvery": 50})
    server.wait_until(lambda: len(socket.heard("ping")) > 1)  # a pong is not a message
    socket.cut()

    resuming = wait_for_sockets(server, 2)
    server.wait_until(lambda: resuming.heard("resume"))
    assert resuming.heard("resume") == [{"last_id": answers[0]["id"]}]
    app.wait_for("client.status === 'open'")
    assert app.run("happened") == ["ready"]


def test_resumes_before_answers_and_messages_that_overtook_others(
    app: App, server: ScriptedServer
) -> None:
    socket = listening(app, server)
    late, last, overtaken = (deleted(server) for _ in range(3))
    server.log.append(overtaken)
    socket.send(last, late)
    app.run("client.subscribe({ topics: ['events'] })")
    socket.cut()

    app.wait_for_happened("ready", last["id"], late["id"], overtaken["id"])
    assert server.sockets[1].heard("resume") == [{"last_id": last["id"]}]


def test_resumes_where_it_last_caught_up(app: App, server: ScriptedServer) -> None:
    resumed: list[Message] = []

    def resume(socket: Socket, data: Message) -> list[Message]:
        resumed.extend(server.resume(socket, data)[-1:])
        return resumed[-1:]

    server.answers["resume"] = resume
    listening(app, server).cut()
    second = wait_for_sockets(server, 2)
    server.wait_until(lambda: second.heard("resume"))
    app.wait_for("client.status === 'open'")
    second.cut()

    third = wait_for_sockets(server, 3)
    server.wait_until(lambda: third.heard("resume"))
    assert third.heard("resume") == [{"last_id": resumed[0]["id"]}]


def test_does_not_go_back_behind_what_was_fetched(app: App, server: ScriptedServer) -> None:
    def old(message_type: str, **data: Any) -> Message:
        return server.message(message_type, data) | {"timestamp": "2026-01-01T00:00:00Z"}

    # A server resumes from a little before the last message.
    server.answers["resume"] = lambda socket, _: server.resume(socket, {"last_id": ""})
    socket = listening(app, server, topics=["events"], event=5)
    early, unseen = deleted(server, 5), deleted(server, 6)
    app.run("until(1_000)")  # times are told by the second
    app.run("client.subscribe({ topics: ['events'], event: 6 })")
    app.run("client.subscribe({ topics: ['tasks', 'voting'], event: 5 })")
    before = [old("event_created", id=5), old("event_left", event_id=5), old("vote_results", id=7)]
    before += [old("task_created", id=6, event={"id": 5}), old("task_deleted", event_id=5)]
    server.log += [*before, early, unseen, missed := deleted(server, 6)]

    socket.cut()

    app.wait_for("happened.length > 2")
    told = sorted(message["id"] for message in (early, missed))
    assert app.run("happened") == ["ready", *told]


def test_a_gap_is_as_new_a_start_as_the_first_one(app: App, server: ScriptedServer) -> None:
    server.answers["resume"] = lambda socket, _: server.resume(socket, {"last_id": ""})
    socket = listening(app, server)
    unseen = deleted(server)
    app.run("until(1_000)")
    server.recovered = False
    socket.cut()
    app.wait_for_happened("ready", "gap")

    server.recovered = True
    server.log += [unseen, later := deleted(server)]
    server.sockets[1].cut()

    app.wait_for_happened("ready", "gap", later["id"])


def test_messages_wait_until_the_app_is_ready(app: App, server: ScriptedServer) -> None:
    app.run(
        """url => listen({
          url,
          ready: () => new Promise((done) => (window.fetched = done))
            .then(() => void happened.push("fetched")),
        })""",
        server.url,
    )
    app.wait_for("'fetched' in window")
    server.publish(message := deleted(server))
    app.run("until(100)")
    assert app.run("happened") == []

    app.run("fetched()")

    app.wait_for_happened("fetched", message["id"])


@pytest.mark.parametrize("given", [True, False])
def test_a_gap_is_told_before_what_came_after_it(
    app: App, server: ScriptedServer, given: bool
) -> None:
    server.recovered = False
    app.run(
        """({ given, ...options }) => {
          const fetch = (name) => () => until(50).then(() => happened.push(name));
          listen({ ...options, ready: fetch("ready"), gap: given ? fetch("gap") : undefined });
        }""",
        {"url": server.url, "tuning": QUICK, "given": given},
    )
    app.wait_for("happened.length === 1")
    server.log.append(missed := deleted(server))
    server.sockets[0].cut()

    app.wait_for_happened("ready", "gap" if given else "ready", missed["id"])


def test_an_id_of_other_data_is_a_gap(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server)
    server.answers["resume"] = lambda *_: [server.error("validation_error")]

    socket.cut()

    app.wait_for_happened("ready", "gap")
    app.wait_for("client.status === 'open'")


def test_resumes_again_when_a_function_failed(app: App, server: ScriptedServer) -> None:
    # What API Gateway itself says has no type.
    failures = iter([{"message": "Internal server error", "connectionId": "A", "requestId": "B"}])

    def resume(socket: Socket, data: Message) -> list[Message]:
        failure = next(failures, None)
        return [failure] if failure else server.resume(socket, data)

    server.answers["resume"] = resume
    socket = listening(app, server)
    server.log.append(missed := deleted(server))
    socket.cut()

    app.wait_for_happened("ready", missed["id"])
    assert app.run("errors") == ["internal_error"]
    assert len(server.sockets) == 3


def test_attempts_come_later_and_later_at_random(app: App, server: ScriptedServer) -> None:
    server.handshake_status = 503
    app.run("measureAttempts(100)")

    app.listen(server.url, tuning=QUICK)

    app.wait_for("delays.length >= 6")
    assert app.run("delays.slice(0, 6)") == [10, 20, 40, 50, 50, 50]
    server.handshake_status = None
    app.wait_for_happened("ready")


def test_only_a_stable_connection_ends_the_doubling(app: App, server: ScriptedServer) -> None:
    app.run("measureAttempts(100)")
    listening(app, server, tuning={"stableAfter": 2_000})

    for count in (1, 2):
        server.sockets[-1].cut()
        wait_for_sockets(server, count + 1)
        app.wait_for("client.status === 'open'")
    app.run("until(2_000)")
    server.sockets[-1].cut()

    app.wait_for("delays.length >= 3")
    assert app.run("delays") == [10, 20, 10]


def test_close_ends_everything(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server)
    app.run("client.close()")
    server.wait_until(lambda: socket.closed)
    app.run("window.dispatchEvent(new Event('online'))")
    app.run("until(200)")

    assert len(server.sockets) == 1
    assert app.run("[client.status, statuses.at(-1)]") == ["closed", "closed"]
    refusal = "client.subscribe({ topics: ['tasks'] }).catch((error) => error.message)"
    assert app.run(refusal) == "The client was closed."


def test_close_ends_what_is_still_to_be_told(app: App, server: ScriptedServer) -> None:
    app.run("url => listen({ url, ready: undefined })", server.url)
    app.run("() => { client.on('event_deleted', () => client.close()) }")
    app.wait_for("client.status === 'open'")
    first, second = deleted(server), deleted(server)

    server.log += [first, second]
    server.sockets[0].cut()  # so that both come at once

    app.wait_for("client.status === 'closed'")
    app.run("until(100)")
    assert app.run("happened") == []


def test_close_ends_what_comes_with_the_connection(app: App, server: ScriptedServer) -> None:
    app.run(
        "url => listen({ url, status: (status) => status === 'open' && client.close() })",
        server.url,
    )

    app.wait_for("client.status === 'closed'")
    app.run("until(100)")
    assert app.run("happened") == []


def test_close_ends_attempts(app: App, server: ScriptedServer) -> None:
    server.handshake_status = 503
    app.listen(server.url, tuning=QUICK)
    app.wait_for("statuses.includes('waiting')")

    app.run("client.close()")
    server.handshake_status = None
    app.run("until(200)")

    assert server.sockets == []
    assert app.run("statuses.at(-1)") == "closed"


def test_connects_as_soon_as_the_network_is_back(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, tuning={"backoffFrom": 10**9, "backoffTo": 10**9})
    app.page.context.set_offline(offline=True)
    socket.cut()
    app.wait_for("client.status === 'waiting'")

    app.page.context.set_offline(offline=False)

    app.wait_for("client.status === 'open'")
    assert len(server.sockets) == 2


def test_asks_the_server_when_the_network_is_back(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, tuning={"pongWithin": 50})
    server.answers["ping"] = lambda *_: []

    app.run("window.dispatchEvent(new Event('online'))")

    wait_for_sockets(server, 2)
    server.wait_until(lambda: socket.heard("ping"))


def test_a_connection_without_pong_is_dead(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, tuning={"pingEvery": 50, "pongWithin": 1_000})
    server.wait_until(lambda: len(socket.heard("ping")) > 3)
    assert len(server.sockets) == 1
    server.answers["ping"] = lambda *_: []
    server.log.append(missed := deleted(server))

    app.wait_for_happened("ready", missed["id"])


def test_a_server_that_does_not_answer_is_left(app: App, server: ScriptedServer) -> None:
    server.answers["authenticate"] = lambda *_: []

    app.listen(server.url, tuning={**QUICK, "answerWithin": 300})
    wait_for_sockets(server, 2)
    server.answers["authenticate"] = server.authenticate

    app.wait_for_happened("ready")


def test_renews_its_token_before_it_expires(app: App, server: ScriptedServer) -> None:
    server.token_seconds = 2
    socket = listening(app, server, tokens=["token-1", "token-2"])

    server.wait_until(lambda: len(socket.tokens) == 2)

    assert socket.tokens == ["token-1", "token-2"]
    assert app.run("asked") == [False, True]
    assert app.run("statuses") == ["connecting", "open"]


def test_tries_again_to_renew_while_the_token_lasts(app: App, server: ScriptedServer) -> None:
    server.token_seconds = 2
    socket = listening(app, server, tokens=["token-1", None, "token-2"])

    server.wait_until(lambda: len(socket.tokens) == 2)

    assert app.run("[asked, errors]") == [[False, True, True], ["no token"]]
    assert app.run("statuses") == ["connecting", "open"]


def test_asks_for_a_fresh_token_at_once_when_one_was_refused(
    app: App, server: ScriptedServer
) -> None:
    server.refused["token-1"] = "token_invalid"
    listening(app, server, tokens=["token-1", "token-2"])

    assert [socket.tokens for socket in server.sockets] == [["token-1", "token-2"]]
    assert app.run("[asked, errors]") == [[False, True], []]
    server.sockets[-1].cut()
    app.wait_for("asked.length === 3")
    assert app.run("asked.at(-1)") is False  # the second was good


def test_waits_before_it_shows_a_third_token(app: App, server: ScriptedServer) -> None:
    server.refused |= {"token-1": "token_invalid", "token-2": "token_expired"}
    listening(app, server, tokens=["token-1", "token-2", "token-3"])

    assert [socket.tokens for socket in server.sockets] == [["token-1", "token-2"], ["token-3"]]
    assert app.run("[asked, errors]") == [[False, True, True], ["token_expired"]]


def test_keeps_its_token_when_the_server_failed(app: App, server: ScriptedServer) -> None:
    server.refused["token-1"] = "service_unavailable"
    listening(app, server, tokens=["token-1", "token-2"])

    assert [socket.tokens for socket in server.sockets] == [["token-1"], ["token-2"]]
    assert app.run("[asked, errors]") == [[False, False], ["service_unavailable"]]


def test_connects_anew_when_a_renewal_was_refused(app: App, server: ScriptedServer) -> None:
    server.token_seconds = 2
    server.refused["token-2"] = "token_invalid"
    listening(app, server, tokens=["token-1", "token-2", "token-3"])

    server.wait_until(lambda: server.sockets[-1].tokens == ["token-3"])

    assert [socket.tokens for socket in server.sockets] == [["token-1", "token-2"], ["token-3"]]
    assert app.run("asked") == [False, True, True]


def test_connects_with_a_fresh_token_when_the_last_expired(
    app: App, server: ScriptedServer
) -> None:
    socket = listening(app, server, tokens=["token-1", "token-2"])
    server.log.append(missed := deleted(server))

    socket.send(server.message("token_expired"))

    second = wait_for_sockets(server, 2)
    app.wait_for_happened("ready", missed["id"])
    assert second.tokens == ["token-2"]
    assert app.run("asked") == [False, True]


def test_asks_for_one_token_at_a_time(app: App, server: ScriptedServer) -> None:
    app.run(
        """url => {
          window.granted = new Promise((done) => (window.grant = done));
          listen({ url, token: () => (asked.push(true), granted) });
        }""",
        server.url,
    )
    app.wait_for("asked.length === 1")

    app.run("window.dispatchEvent(new Event('online'))")
    app.run("grant('token-1')")

    app.wait_for_happened("ready")
    assert app.run("asked") == [True]
    assert len(server.sockets) == 1


def test_goes_on_when_the_app_has_no_token(app: App, server: ScriptedServer) -> None:
    listening(app, server, tokens=[None, None, "token-3"])

    assert app.run("[asked, errors]") == [[False] * 3, ["no token"] * 2]


def test_hands_over_without_gap_or_repetition(app: App, server: ScriptedServer) -> None:
    old = listening(app, server)
    before, during, after, late = (deleted(server) for _ in range(4))
    server.publish(before)
    server.answers["resume"] = lambda *_: [before]

    old.send(server.message("reconnect", {"closes_at": "2026-11-22T12:00:00Z"}))
    new = wait_for_sockets(server, 2)
    server.wait_until(lambda: new.heard("resume"))
    old.send(server.message("reconnect", {"closes_at": "2026-11-22T12:00:00Z"}))
    server.publish(during)  # on both
    app.wait_for_happened("ready", before["id"], during["id"])
    assert not old.closed
    new.send(late, after, server.message("resumed", {"recovered": True}))
    server.wait_until(lambda: old.closed)
    server.publish(last := deleted(server))

    expected = [message["id"] for message in (before, during, after, late, last)]
    app.wait_for_happened("ready", *expected)
    assert new.heard("resume") == [{"last_id": before["id"]}]
    assert app.run("statuses") == ["connecting", "open"]
    assert len(server.sockets) == 2


def test_a_failed_hand_over_is_tried_again(app: App, server: ScriptedServer) -> None:
    old = listening(app, server)
    server.answers["resume"] = lambda *_: []
    old.send(server.message("reconnect", {}))
    second = wait_for_sockets(server, 2)
    server.wait_until(lambda: second.heard("resume"))
    server.answers["resume"] = server.resume
    second.cut()

    wait_for_sockets(server, 3)
    server.wait_until(lambda: old.closed)
    server.publish(message := deleted(server))
    app.wait_for_happened("ready", message["id"])
    assert app.run("statuses") == ["connecting", "open"]


def test_an_old_connection_may_break_during_the_hand_over(app: App, server: ScriptedServer) -> None:
    old = listening(app, server)
    server.answers["resume"] = lambda *_: []
    old.send(server.message("reconnect", {}))
    new = wait_for_sockets(server, 2)
    server.wait_until(lambda: new.heard("resume"))

    old.cut()
    app.wait_for("client.status === 'connecting'")
    new.send(missed := deleted(server), server.message("resumed", {"recovered": True}))

    app.wait_for_happened("ready", missed["id"])
    assert len(server.sockets) == 2


def test_what_is_subscribed_during_a_hand_over_stays(app: App, server: ScriptedServer) -> None:
    old = listening(app, server, topics=["events"])
    server.answers["resume"] = lambda *_: []
    old.send(server.message("reconnect", {}))
    new = wait_for_sockets(server, 2)
    server.wait_until(lambda: new.heard("resume"))

    app.run("client.subscribe({ topics: ['tasks'] })")
    server.answers["resume"] = server.resume
    new.send(server.message("resumed", {"recovered": True}))

    newest = wait_for_sockets(server, 3)
    server.wait_until(lambda: old.closed)
    assert newest.subscriptions == {("events", None), ("tasks", None)}


def test_an_exception_stops_neither_callbacks_nor_messages(
    app: App, server: ScriptedServer
) -> None:
    app.run(
        """url => {
          listen({ url, ready: () => { throw new Error("ready") } });
          client.on("event_deleted", () => { throw new Error("now") });
          client.on("event_deleted", () => until(10).then(() => { throw new Error("later") }));
          client.on("event_deleted", ({ event_id }) => happened.push(event_id));
        }""",
        server.url,
    )
    app.wait_for("errors.includes('ready')")

    first, second = deleted(server, 1), deleted(server, 2)
    server.publish(first, second)

    app.wait_for("errors.length === 5")
    assert app.run("happened") == [1, first["id"], 2, second["id"]]
    assert sorted(app.run("errors")) == ["later", "later", "now", "now", "ready"]


@pytest.mark.parametrize("error", ["undefined", "() => { throw new Error('of the callback') }"])
def test_errors_that_nobody_takes_are_in_the_console(
    app: App, server: ScriptedServer, error: str
) -> None:
    app.run("() => { window.console.error = (error) => errors.push(error.message) }")
    app.run(f"url => listen({{ url, error: {error} }})", server.url)
    app.wait_for_happened("ready")

    server.sockets[0].send(server.error("internal_error"))

    app.wait_for("errors.length === 1")
    assert app.run("errors") == ["No." if error == "undefined" else "of the callback"]


def test_subscriptions_are_kept_across_connections(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server, topics=["events"])

    answer = app.run("client.subscribe({ topics: ['tasks', 'voting'], event: 9 })")
    assert answer == [
        {"topic": "events", "event": None},
        {"topic": "tasks", "event": 9},
        {"topic": "voting", "event": 9},
    ]
    assert socket.heard("subscribe") == [{"topics": ["tasks", "voting"], "event": 9}]
    app.run("client.unsubscribe({ topics: ['events'] })")
    app.run("client.unsubscribe({ topics: 'all', event: 8 })")
    socket.cut()

    second = wait_for_sockets(server, 2)
    server.wait_until(lambda: second.heard("resume"))
    assert second.subscriptions == {("tasks", 9), ("voting", 9)}
    assert [said["type"] for said in second.said] == ["authenticate", "subscribe", "resume"]


def test_nothing_stays_nothing(app: App, server: ScriptedServer) -> None:
    socket = listening(app, server)
    assert app.run("client.unsubscribe({ topics: 'all' })") == []
    socket.cut()

    second = wait_for_sockets(server, 2)
    server.wait_until(lambda: second.heard("resume"))
    assert second.subscriptions == set()


def test_a_refused_subscription_is_rejected(app: App, server: ScriptedServer) -> None:
    listening(app, server)
    server.answers["subscribe"] = lambda *_: [server.error("validation_error")]

    refusal = app.run(
        """client.subscribe({ topics: ["tasks"], event: 9 })
             .catch(({ name, code, message, details }) => [name, code, message, details])"""
    )

    assert refusal == ["RealtimeError", "validation_error", "No.", {}]
    assert app.run("errors") == []
    assert app.run("client.subscribe({ topics: ['chat'] }).catch((error) => error.name)") == (
        "TypeError"
    )


def test_a_subscription_waits_for_a_connection_that_answers(
    app: App, server: ScriptedServer
) -> None:
    socket = listening(app, server, topics=["events"])
    server.answers["subscribe"] = lambda *_: []
    app.run("() => { window.subscribing = client.subscribe({ topics: ['tasks'] }) }")
    server.wait_until(lambda: socket.heard("subscribe"))

    server.answers["subscribe"] = server.subscribe
    socket.cut()

    assert app.run("subscribing") == [
        {"topic": "events", "event": None},
        {"topic": "tasks", "event": None},
    ]
    assert server.sockets[1].subscriptions == {("events", None), ("tasks", None)}


@pytest.fixture
def calls(stack: Stack, token: str) -> Iterator[httpx.Client]:
    """A client of the API with the rights of `token`."""
    rights = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{stack.api_url}/api/v1", headers=rights, timeout=30) as client:
        yield client


def create_event(calls: httpx.Client, title: str = "Picnic") -> int:
    body = {"title": title, "date": "2027-06-01T12:00:00Z", "location": "The park"}
    answer = calls.post("/events/", json=body)
    assert answer.status_code == 201, answer.text
    event_id: int = answer.json()["id"]
    return event_id


def rename(calls: httpx.Client, event_id: int, title: str) -> None:
    answer = calls.patch(f"/events/{event_id}/", json={"title": title})
    assert answer.status_code == 200, answer.text


def listen_to_stack(app: App, url: str, token: str, **options: Any) -> None:
    """Connect; the app writes down type and title (or id) of what it is told in `told`."""
    app.listen(url, tokens=[token], tuning=QUICK, **options)
    app.run(
        """() => {
          window.told = [];
          client.on("message", ({ type, data }) => told.push([type, data.title ?? data.event_id]));
        }"""
    )
    app.wait_for("happened.includes('ready')")


def test_sees_each_change_once_across_broken_connections(
    app: App, stack: Stack, calls: httpx.Client, token: str
) -> None:
    event_id = create_event(calls)
    time.sleep(1)  # what happens within a second of connecting may be told, too
    with proxy_to(stack.config.port) as proxy:
        url = f"ws://127.0.0.1:{proxy.port}"
        listen_to_stack(app, url, token, topics=["events"], event=event_id)
        expected = []
        for number in range(4):
            # Told live, while there is no connection, and while it is being made.
            names = [f"{when} {number}" for when in ("before", "without", "during")]
            expected += [["event_updated", name] for name in names]
            rename(calls, event_id, names[0])
            proxy.cut()
            rename(calls, event_id, names[1])
            proxy.mend()
            rename(calls, event_id, names[2])
            app.wait_for("client.status === 'open'")
        assert calls.delete(f"/events/{event_id}/").status_code == 204
        app.wait_for("told.some(([type]) => type === 'event_deleted')")

        assert app.run("told") == [*expected, ["event_deleted", event_id]]
        assert app.run("happened.filter((one) => one === 'ready' || one === 'gap')") == ["ready"]
        assert proxy.accepted > 4


def test_sees_nothing_before_it_subscribes_nor_after_it_unsubscribes(
    app: App, stack: Stack, calls: httpx.Client, token: str
) -> None:
    event_id, other_id = create_event(calls), create_event(calls)
    with proxy_to(stack.config.port) as proxy:
        url = f"ws://127.0.0.1:{proxy.port}"
        listen_to_stack(app, url, token, topics=["events"], event=event_id)

        rename(calls, other_id, "before")
        time.sleep(1)
        app.run("event => client.subscribe({ topics: ['events'], event })", other_id)
        rename(calls, other_id, "meanwhile")
        app.wait_for("told.length === 1")
        proxy.cut()
        app.wait_for("client.status === 'waiting'")
        rename(calls, other_id, "without")
        proxy.mend()
        app.wait_for("told.length === 2")
        app.run("event => client.unsubscribe({ topics: ['events'], event })", other_id)
        rename(calls, other_id, "after")
        rename(calls, event_id, "at last")
        app.wait_for("told.some(([, title]) => title === 'at last')")

        titles = ["meanwhile", "without", "at last"]
        assert app.run("told") == [["event_updated", title] for title in titles]


def test_tries_another_token_when_the_server_refuses_one(
    app: App, stack: Stack, token: str
) -> None:
    app.listen(stack.ws_url, tokens=["forged", token], tuning=QUICK)

    app.wait_for_happened("ready")

    assert app.run("[asked, errors]") == [[False, True], []]
