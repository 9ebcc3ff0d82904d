"""The edge as a server: what aiohttp would answer itself, sent as bytes."""

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from local.edge.server import EdgeServer
from local.ports import free_ports
from tests.unit.local.edge.test_app import targets_of

SECRET = "secret-token"


async def echo(request: web.Request) -> web.Response:
    body = await request.read()
    encoding = request.headers.get("Content-Encoding", "")
    return web.Response(body=body, headers={"X-Encoding": encoding})


async def socket(request: web.Request) -> web.WebSocketResponse:
    response = web.WebSocketResponse()
    await response.prepare(request)
    await response.close()
    return response


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """The port of an edge in front of an origin that answers what it gets."""
    application = web.Application()
    application.router.add_get("/sockets", socket)
    application.router.add_route("*", "/api{path:.*}", echo)
    origin = TestServer(application)
    await origin.start_server(auto_decompress=False)
    (port,) = free_ports(1)
    server = EdgeServer(port, targets_of(str(origin.make_url("")).rstrip("/")))
    server.start()
    yield port
    await asyncio.to_thread(server.stop)
    await origin.close()


async def send(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    writer.close()
    await writer.wait_closed()
    return int(status.split()[1]), headers, body


@pytest.mark.parametrize(
    ("request_line", "status", "code"),
    [
        (f"GET /{SECRET}{'a' * 9000} HTTP/1.1", 400, "validation_error"),
        (f"FOO /{SECRET} HTTP/1.1", 405, "method_not_allowed"),
        (f"GET /{SECRET} HTTP/one", 400, "validation_error"),
    ],
)
async def test_what_is_no_request_is_answered_in_the_format_of_errors(
    port: int,
    request_line: str,
    status: int,
    code: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer, headers, body = await send(port, f"{request_line}\r\nHost: a\r\n\r\n".encode())

    assert (answer, json.loads(body)["error"]) == (status, code)
    assert json.loads(body).keys() == {"error", "message", "details", "timestamp"}
    assert headers["content-type"].startswith("application/json")
    assert headers["x-request-id"]
    assert ("allow" in headers) == (status == 405)
    assert SECRET not in body.decode() + caplog.text


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity"])
@pytest.mark.parametrize("body", [b"junk", gzip.compress(b"{}")])
async def test_bodies_are_not_unpacked(port: int, encoding: str, body: bytes) -> None:
    head = f"POST /events/ HTTP/1.1\r\nHost: a\r\nContent-Encoding: {encoding}\r\n"
    request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body

    status, headers, seen = await send(port, request)

    assert (status, headers["x-encoding"], seen) == (200, encoding, body)


@pytest.mark.parametrize("path", ["/ws/events/", "/ws/none/", "/media/none.png"])
async def test_answers_of_the_edge_have_a_request_id(port: int, path: str) -> None:
    async with ClientSession(f"http://127.0.0.1:{port}") as client:
        own = await client.get(path, headers={"X-Request-Id": "mine"})
        new = await client.get(path, headers={"X-Request-Id": "not sane"})

    assert own.headers["X-Request-Id"] == "mine"
    assert new.headers["X-Request-Id"] not in {"", "not sane"}


async def test_other_sub_protocols_are_not_shown(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        ClientSession(f"http://127.0.0.1:{port}") as client,
        client.ws_connect("/ws/", protocols=[SECRET]) as viewer,
    ):
        assert viewer.protocol is None

    assert SECRET not in caplog.text
