"""Posting to connections, against a management endpoint on loopback."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from unittest.mock import MagicMock

import pytest
from botocore.exceptions import NoCredentialsError

from gatherhub import aws
from gatherhub.realtime import publishing, wire
from gatherhub.realtime.publishing import Delivery, Outcome, deliver, hang_up, post
from tests import endpoint
from tests.endpoint import CLOSE, HANG, HOLD, OK, Stub, answer

DELIVERED, GONE, FAILED = Outcome.DELIVERED, Outcome.GONE, Outcome.FAILED
SECRET = b'{"data":"for one pair of eyes"}'


def use(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("CONNECTIONS_URL", url)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A management endpoint without any connection open to it."""
    publishing._endpoint.cache_clear()
    with endpoint.serving(Stub()) as serving:
        use(monkeypatch, serving.url)
        yield serving


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Spare the tests the pauses, and tell which there would have been."""
    made: list[float] = []

    async def sleep(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return made


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    logger = MagicMock()
    monkeypatch.setattr(publishing, "logger", logger)
    warning: MagicMock = logger.warning
    return warning


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 0.05)
    monkeypatch.setattr(wire, "CONNECT_SECONDS", 0.2)


# ---- what goes where -----------------------------------------------------------------------------


def test_a_message_is_posted_as_it_is(stub: Stub) -> None:
    assert post("L0SM9cOFvHcCIhw=", "🍰".encode()) is DELIVERED
    assert stub.received == {"L0SM9cOFvHcCIhw=": ["🍰".encode()]}
    assert stub.requests == [("POST", "L0SM9cOFvHcCIhw=")]
    assert stub.unsigned == 0


def test_each_connection_gets_its_messages_in_order(stub: Stub) -> None:
    stub.latency = 0.001
    messages = [str(number).encode() for number in range(20)]
    todo = {f"{number}=": messages[: number % 21] for number in range(1, 64)}
    assert deliver(todo) == {name: Delivery(len(todo[name]), DELIVERED) for name in todo}
    assert stub.received == {name: wanted for name, wanted in todo.items() if wanted}


def test_nothing_to_do_is_done() -> None:
    assert deliver({}) == {}
    assert deliver({"one": []}) == {"one": Delivery(0, DELIVERED)}


def test_a_connection_gets_nothing_after_what_it_did_not_get(stub: Stub) -> None:
    stub.answers = {"gone": [OK, answer(410)], "failed": [OK, OK, answer(403)]}
    messages = [b"1", b"2", b"3", b"4"]
    assert deliver(dict.fromkeys(("gone", "failed", "fine"), messages)) == {
        "gone": Delivery(1, GONE),
        "failed": Delivery(2, FAILED),
        "fine": Delivery(4, DELIVERED),
    }
    assert stub.received == {
        "gone": messages[:2],
        "failed": messages[:3],
        "fine": messages,
    }


def test_an_address_may_have_a_path_and_end_in_a_slash(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, stub.url + "/")
    assert post("one", b"1") is DELIVERED
    assert stub.requests == [("POST", "one")]


# ---- failures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204])
def test_success(status: int, stub: Stub, pauses: list[float]) -> None:
    stub.always["one"] = answer(status)
    assert post("one", b"1") is DELIVERED
    assert pauses == []


def test_who_is_gone_is_asked_once(stub: Stub, pauses: list[float], log: MagicMock) -> None:
    stub.always["one"] = answer(410, b'{"message":"Gone"}')
    assert post("one", b"1") is GONE
    assert stub.requests == [("POST", "one")]
    log.assert_not_called()


@pytest.mark.parametrize("status", [302, 400, 403, 404, 413])
def test_what_can_not_pass_is_not_repeated(status: int, stub: Stub, log: MagicMock) -> None:
    stub.always["one"] = answer(status, b"no")
    assert post("one", SECRET) is FAILED
    assert len(stub.requests) == 1
    assert str(status) in str(log.call_args)
    assert "one" in str(log.call_args)
    assert "eyes" not in str(log.call_args)


@pytest.mark.parametrize("failure", [answer(429), answer(500), answer(503), CLOSE, b"?\r\n\r\n"])
def test_what_may_pass_is_tried_again(failure: bytes, stub: Stub, pauses: list[float]) -> None:
    stub.answers["one"] = [failure, failure]
    assert post("one", b"1") is DELIVERED
    assert len(stub.requests) == 3
    assert len(pauses) == 2
    assert 0 <= pauses[0] <= 0.2
    assert 0 <= pauses[1] <= 0.4


@pytest.mark.parametrize("failure", [answer(429), answer(500), CLOSE])
def test_three_times_and_no_more(
    failure: bytes, stub: Stub, pauses: list[float], log: MagicMock
) -> None:
    stub.always["one"] = failure
    assert post("one", SECRET) is FAILED
    assert len(stub.requests) == 3
    assert len(pauses) == 2
    log.assert_called_once()
    assert "eyes" not in str(log.call_args)


def test_who_hangs_is_tried_again_on_another_socket(
    stub: Stub, pauses: list[float], impatient: None
) -> None:
    stub.answers["one"] = [HANG, HANG]
    assert post("one", b"1") is DELIVERED
    assert stub.sockets == 3
    assert len(pauses) == 2


def test_half_an_answer_is_none(stub: Stub, pauses: list[float], impatient: None) -> None:
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}"
    stub.answers["one"] = [half, half + CLOSE]
    assert post("one", b"1") is DELIVERED
    assert len(stub.requests) == 3


def test_nobody_is_there(monkeypatch: pytest.MonkeyPatch, pauses: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    use(monkeypatch, f"http://127.0.0.1:{port}/live")
    assert post("one", b"1") is FAILED
    assert len(pauses) == 2


def test_without_credentials_nothing_is_tried(
    stub: Stub, monkeypatch: pytest.MonkeyPatch, log: MagicMock
) -> None:
    monkeypatch.setattr(aws._session(), "get_credentials", lambda: None)
    with pytest.raises(NoCredentialsError):
        post("one", b"1")
    hang_up("one")
    log.assert_called_once()
    assert stub.requests == []


# ---- side by side --------------------------------------------------------------------------------


def test_who_is_slow_holds_up_nobody(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SLOTS", 2)
    others = [f"other {number}" for number in range(30)]
    stub.answers["slow"] = [HOLD]
    stub.until = frozenset(others)  # else `slow` is not answered at all
    todo = {name: [b"1", b"2"] for name in ["slow", *others]}
    assert deliver(todo) == dict.fromkeys(todo, Delivery(2, DELIVERED))


def test_so_many_at_once(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SLOTS", 3)
    stub.latency = 0.005
    deliver({str(number): [b"1"] for number in range(12)})
    assert stub.together == 3
    assert stub.sockets == 3


def test_many_threads_may_post(stub: Stub) -> None:
    stub.latency = 0.001
    results: dict[int, dict[str, Delivery]] = {}

    def work(number: int) -> None:
        results[number] = deliver({f"{number}-{name}": [b"1", b"2"] for name in range(20)})

    threads = [Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [delivery for result in results.values() for delivery in result.values()]
    assert done == [Delivery(2, DELIVERED)] * 100
    assert set(map(tuple, stub.received.values())) == {(b"1", b"2")}


# ---- keeping connections -------------------------------------------------------------------------


def test_a_socket_serves_many_posts_and_calls(stub: Stub) -> None:
    deliver({"one": [b"1"] * 10})
    deliver({"two": [b"1"] * 10})
    stub.answers["one"] = [answer(410, b"a body")]
    assert post("one", b"1") is GONE
    assert post("one", b"1") is DELIVERED
    assert stub.sockets == 1


@pytest.mark.parametrize(
    "last",
    [
        answer(200, Connection="close"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        answer(200, b"2\r\n{}\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        OK + b"more than was asked for",
    ],
)
def test_a_socket_with_an_unsure_end_is_not_used_again(last: bytes, stub: Stub) -> None:
    stub.answers["one"] = [last]
    assert deliver({"one": [b"1", b"2"]}) == {"one": Delivery(2, DELIVERED)}
    assert len(stub.requests) == 2
    assert stub.sockets == 2


def test_an_interim_answer_is_not_the_answer(stub: Stub) -> None:
    stub.answers["one"] = [b"HTTP/1.1 100 Continue\r\n\r\n" + answer(410)]
    assert post("one", b"1") is GONE


def test_a_kept_socket_that_is_closed_costs_nothing(stub: Stub, pauses: list[float]) -> None:
    stub.answers["one"] = [OK, CLOSE]
    assert deliver({"one": [b"1", b"2"]}) == {"one": Delivery(2, DELIVERED)}
    assert stub.received["one"] == [b"1", b"2", b"2"]
    assert pauses == []


def test_a_kept_socket_that_breaks_within_an_answer_is_no_stale_one(
    stub: Stub, pauses: list[float]
) -> None:
    post("other", b"1")
    stub.answers["one"] = [b"HTTP/1.1 200 OK\r\n" + CLOSE]
    assert post("one", b"1") is DELIVERED
    assert len(pauses) == 1


def test_calls_at_once_keep_no_more_sockets_than_one(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SLOTS", 1)
    stub.answers = {"one": [HOLD], "two": [HOLD]}
    stub.until = frozenset({"one", "two"})
    thread = Thread(target=post, args=("one", b"1"))
    thread.start()
    post("two", b"1")
    thread.join()
    assert stub.sockets == 2
    assert len(publishing.endpoint()._wire._idle) == 1


def test_after_a_closed_one_no_other_kept_socket_is_tried(stub: Stub, pauses: list[float]) -> None:
    stub.latency = 0.005
    deliver({"one": [b"1"], "two": [b"1"], "three": [b"1"]})
    assert stub.sockets == 3
    stub.answers["one"] = [CLOSE]
    assert post("one", b"2") is DELIVERED
    assert stub.sockets == 4
    assert pauses == []


def test_a_closed_socket_counts_as_an_attempt(stub: Stub, pauses: list[float]) -> None:
    post("other", b"1")
    stub.always["one"] = CLOSE
    assert post("one", b"1") is FAILED
    assert stub.requests.count(("POST", "one")) == 3
    assert len(pauses) == 1


def test_a_socket_that_was_idle_for_long_is_not_used(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("one", b"1")
    monkeypatch.setattr(wire, "_IDLE_SECONDS", 0)
    post("one", b"2")
    assert stub.sockets == 2


def test_an_endless_answer_is_not_collected(
    stub: Stub, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "READ_SECONDS", 60)  # so that no timeout ends it
    stub.answers["one"] = [b"x" * 100_000]
    assert post("one", b"1") is DELIVERED
    assert len(pauses) == 1


# ---- TLS -----------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Stub, Path]]:
    """An endpoint with TLS, and the authority of its certificate."""
    publishing._endpoint.cache_clear()
    authority = endpoint.certificate(tmp_path)
    with endpoint.serving(Stub(), authority) as serving:
        use(monkeypatch, serving.url)
        yield serving, authority


def test_a_trusted_certificate(secure: tuple[Stub, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    stub, authority = secure
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    assert deliver({"one": [b"1", b"2"]}) == {"one": Delivery(2, DELIVERED)}
    assert stub.sockets == 1


def test_a_certificate_that_nobody_vouches_for(
    secure: tuple[Stub, Path], pauses: list[float], log: MagicMock
) -> None:
    stub, _ = secure
    assert post("one", b"1") is FAILED
    assert "certificate" in str(log.call_args)
    assert stub.requests == []


def test_a_certificate_of_another_host(
    secure: tuple[Stub, Path],
    monkeypatch: pytest.MonkeyPatch,
    pauses: list[float],
    log: MagicMock,
) -> None:
    stub, authority = secure
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority))
    use(monkeypatch, stub.url.replace("127.0.0.1", "localhost"))
    assert post("one", b"1") is FAILED
    assert "certificate" in str(log.call_args)
    assert stub.requests == []


def test_a_handshake_that_hangs(
    monkeypatch: pytest.MonkeyPatch, pauses: list[float], impatient: None, log: MagicMock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        use(monkeypatch, f"https://127.0.0.1:{silent.getsockname()[1]}/live")
        assert post("one", b"1") is FAILED
    assert "Timeout" in str(log.call_args)


# ---- hanging up ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 404, 410])
def test_a_connection_is_closed(status: int, stub: Stub, log: MagicMock) -> None:
    stub.always["one="] = answer(status)
    hang_up("one=")
    assert stub.requests == [("DELETE", "one=")]
    assert stub.unsigned == 0
    log.assert_not_called()


@pytest.mark.parametrize("failure", [answer(403), answer(429), answer(500), CLOSE])
def test_a_connection_that_could_not_be_closed_is_logged(
    failure: bytes, stub: Stub, log: MagicMock, pauses: list[float]
) -> None:
    stub.always["one"] = failure
    hang_up("one")
    log.assert_called_once()
