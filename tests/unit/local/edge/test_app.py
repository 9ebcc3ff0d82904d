"""The edge in front of an origin that tells what it got."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import ClientResponse, WSCloseCode, WSMsgType, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from local.edge.app import EdgeApp
from local.edge.targets import Targets

Edge = TestClient[web.Request, web.Application]

KEY = "the key"
CODES = web.AppKey("codes", asyncio.Queue[int | None])


async def tell(request: web.Request) -> web.Response:
    told = {
        "method": request.method,
        "path": request.raw_path,
        "headers": [[name.lower(), value] for name, value in request.headers.items()],
        "body": (await request.read()).decode(),
    }
    return web.json_response(told, headers={"X-Own": "kept", "Keep-Alive": "timeout=5"})


async def nothing(_: web.Request) -> web.Response:
    return web.Response(status=204)


async def socket(request: web.Request) -> web.StreamResponse:
    if request.query.get("token") == "bad":
        return web.Response(status=403)
    response = web.WebSocketResponse()
    await response.prepare(request)
    told = {"query": dict(request.query), "headers": dict(request.headers)}
    await response.send_str(json.dumps(told))
    async for message in response:
        if message.data == "close":
            await response.close(code=4002)
        else:
            await response.send_str(message.data)
    request.app[CODES].put_nowait(response.close_code)
    return response


async def stored(request: web.Request) -> web.Response:
    if request.path != "/bucket/media/a b.png":
        return web.Response(status=404, text="<Error/>", content_type="application/xml")
    headers = {"Content-Type": "image/png", "ETag": '"1"', "X-Amz-Request-Id": "1"}
    return web.Response(body=b"picture", headers=headers)


@pytest.fixture
def close_codes() -> asyncio.Queue[int | None]:
    """The codes with which sockets of the origin were closed."""
    return asyncio.Queue()


@pytest.fixture
async def origin(close_codes: asyncio.Queue[int | None]) -> AsyncIterator[TestServer]:
    application = web.Application(client_max_size=1 << 30)
    application[CODES] = close_codes
    application.router.add_get("/sockets", socket)
    application.router.add_get("/bucket/{key:.*}", stored)
    application.router.add_route("*", "/api/nothing", nothing)
    application.router.add_route("*", "/api{path:.*}", tell)
    server = TestServer(application)
    async with server:
        yield server


def targets_of(address: str) -> Targets:
    def sign(_: str, Params: dict[str, str], ExpiresIn: int) -> str:  # noqa: N803
        return (
            f"{address}/{Params['Bucket']}/{Params['Key'].replace(' ', '%20')}?signed={ExpiresIn}"
        )

    return Targets(
        http_api=f"{address}/api",
        socket_api=f"{address}/sockets",
        bucket="bucket",
        edge_key=KEY,
        s3=Mock(generate_presigned_url=sign),
    )


@pytest.fixture
async def edge(origin: TestServer) -> AsyncIterator[Edge]:
    application = EdgeApp(targets_of(str(origin.make_url("")).rstrip("/"))).application()
    async with TestClient(TestServer(application)) as client:
        yield client


@pytest.fixture
async def lonely_edge() -> AsyncIterator[Edge]:
    application = EdgeApp(targets_of("http://127.0.0.1:1")).application()
    async with TestClient(TestServer(application)) as client:
        yield client


async def told(edge: Edge, method: str, path: str, **options: Any) -> dict[str, Any]:
    response = await edge.request(method, URL(path, encoded=True), **options)
    told: dict[str, Any] = await response.json()
    return told


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/", "/"),
        ("/events", "/events"),
        ("/events/", "/events"),
        ("/events/?page=2&search=a%20b", "/events?page=2&search=a%20b"),
        ("/a%2Fb/%C3%A9/", "/a%2Fb/%C3%A9"),
    ],
)
async def test_the_path_passes_without_its_last_slash(edge: Edge, path: str, seen: str) -> None:
    assert (await told(edge, "GET", path))["path"] == f"/api{seen}"


async def test_a_request_passes_with_its_own_headers_and_the_edges(edge: Edge) -> None:
    sent = [
        ("Accept", "text/plain"),
        ("Accept", "text/html"),
        ("Authorization", "Bearer token"),
        ("Connection", "X-Mine"),
        ("X-Mine", "for the edge only"),
        ("TE", "trailers"),
        ("User-Agent", "test"),
        ("X-Edge-Key", "forged"),
        ("X-Viewer-Address", "203.0.113.1"),
    ]

    seen = await told(edge, "PATCH", "/events/", headers=sent, data=b"{}")

    assert (seen["method"], seen["body"]) == ("PATCH", "{}")
    headers = [tuple(pair) for pair in seen["headers"]]
    assert [value for name, value in headers if name == "accept"] == ["text/plain", "text/html"]
    assert dict(headers) | {
        "authorization": "Bearer token",
        "content-length": "2",
        "user-agent": "test",
        "x-edge-key": KEY,
        "x-viewer-address": "127.0.0.1",
    } == dict(headers)
    assert not {"te", "x-mine", "connection"} & {name for name, _ in headers}


async def test_an_answer_passes_with_its_own_headers(edge: Edge) -> None:
    response = await edge.get("/events/")

    assert response.headers["X-Own"] == "kept"
    assert "Keep-Alive" not in response.headers
    assert "Server" not in response.headers


async def test_an_empty_answer_stays_empty(edge: Edge) -> None:
    response = await edge.delete("/nothing/")

    assert response.status == 204
    assert await response.read() == b""
    assert "Content-Type" not in response.headers


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_may_have_ten_mebibytes(edge: Edge, chunked: bool) -> None:
    limit = 10 * 1024 * 1024

    async def post(size: int) -> ClientResponse:
        return await edge.post("/events/", data=io.BytesIO(b"a" * size), chunked=chunked or None)

    assert (await post(limit)).status == 200
    response = await post(limit + 1)

    assert response.status == 413
    assert (await response.json())["error"] == "payload_too_large"


@pytest.mark.parametrize("path", ["/events/", "/media/a.png"])
async def test_without_an_origin_the_service_is_unavailable(lonely_edge: Edge, path: str) -> None:
    response = await lonely_edge.get(path)

    assert response.status == 503
    body = await response.json()
    assert body.keys() == {"error", "message", "details", "timestamp"}
    assert body["error"] == "service_unavailable"


async def test_media_comes_from_the_bucket(edge: Edge) -> None:
    response = await edge.get("/media/a%20b.png")

    assert await response.read() == b"picture"
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["ETag"] == '"1"'
    assert "X-Amz-Request-Id" not in response.headers
    assert (await edge.get("/media/none.png")).status == 404
    assert (await edge.post("/media/a%20b.png")).status == 405


async def test_a_socket_passes_messages_both_ways(edge: Edge) -> None:
    async with edge.ws_connect("/ws/events/?event=1&topics=all") as viewer:
        seen = await viewer.receive_json()
        assert seen["query"] == {"event": "1", "topics": "events"}
        assert seen["headers"]["x-edge-key"] == KEY
        assert seen["headers"]["x-viewer-address"] == "127.0.0.1"

        await viewer.send_str("hello")
        assert await viewer.receive_str() == "hello"


async def test_the_protocol_with_the_token_is_shown_and_echoed(edge: Edge) -> None:
    async with edge.ws_connect("/ws/", protocols=["other", "access_token.a.b.c"]) as viewer:
        seen = await viewer.receive_json()

        assert viewer.protocol == "access_token.a.b.c"
        assert seen["headers"]["Sec-WebSocket-Protocol"] == "other,access_token.a.b.c"


async def test_codes_pass_when_the_viewer_closes(
    edge: Edge, close_codes: asyncio.Queue[int | None]
) -> None:
    async with edge.ws_connect("/ws/") as viewer:
        await viewer.receive()
        await viewer.close(code=4001)

    assert await asyncio.wait_for(close_codes.get(), 5) == 4001


async def test_codes_pass_when_the_origin_closes(edge: Edge) -> None:
    async with edge.ws_connect("/ws/") as viewer:
        await viewer.receive()
        await viewer.send_str("close")

        assert (await viewer.receive()).type is WSMsgType.CLOSE
        assert viewer.close_code == 4002


async def test_bytes_are_not_taken(edge: Edge) -> None:
    async with edge.ws_connect("/ws/") as viewer:
        await viewer.receive()
        await viewer.send_bytes(b"bytes")

        await viewer.receive()
        assert viewer.close_code == WSCloseCode.UNSUPPORTED_DATA


async def test_long_messages_are_not_taken(edge: Edge) -> None:
    async with edge.ws_connect("/ws/") as viewer:
        await viewer.receive()
        await viewer.send_str("a" * (128 * 1024 + 1))

        await viewer.receive()
        assert viewer.close_code == WSCloseCode.MESSAGE_TOO_BIG


async def test_a_refusal_is_an_answer(edge: Edge, lonely_edge: Edge) -> None:
    async def refused(client: Edge, path: str) -> int:
        with pytest.raises(WSServerHandshakeError) as refusal:
            await client.ws_connect(path)
        return refusal.value.status

    assert await refused(edge, "/ws/?token=bad") == 403
    assert await refused(edge, "/ws/chat/") == 404
    assert await refused(lonely_edge, "/ws/") == 503


async def test_sockets_close_with_the_edge(origin: TestServer) -> None:
    application = EdgeApp(targets_of(str(origin.make_url("")).rstrip("/"))).application()
    server = TestServer(application)
    async with TestClient(server) as client:
        viewer = await client.ws_connect("/ws/")
        await viewer.receive()
        closing = asyncio.create_task(server.close())

        await viewer.receive()
        assert viewer.close_code == WSCloseCode.GOING_AWAY
        await closing
