"""The edge in front of the real APIs, as far as it can be seen from outside."""

import uuid
from datetime import datetime

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.stack import Stack

MEBIBYTE = 1024 * 1024


def assert_is_error(response: httpx.Response, status: int, code: str) -> None:
    """Check an answer against the contract's error format."""
    assert response.status_code == status
    body = response.json()
    assert body.keys() == {"error", "message", "details", "timestamp"}
    assert body["error"] == code
    datetime.strptime(body["timestamp"], "%Y-%m-%dT%H:%M:%S%z")


@pytest.mark.parametrize("path", ["/health", "/health/", "/health/?a=b"])
def test_takes_paths_with_and_without_slash(http: httpx.Client, path: str) -> None:
    response = http.get(path)

    assert response.status_code == 200
    assert response.json()["status"] == "healthy"


def test_passes_headers_both_ways(http: httpx.Client) -> None:
    response = http.get("/health/", headers={"X-Request-Id": "from-the-client"})

    assert response.headers["X-Request-Id"] == "from-the-client"
    assert "Server" not in response.headers


def test_unknown_paths_are_answered_by_the_api(http: httpx.Client) -> None:
    assert_is_error(http.get("/no/such/path/"), 404, "not_found")


def test_wrong_methods_are_answered_by_the_api(http: httpx.Client) -> None:
    response = http.delete("/health/")

    assert_is_error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET"


def test_refuses_bodies_that_api_gateway_would_not_take(http: httpx.Client) -> None:
    response = http.post("/api/v1/auth/login/", content=b" " * (10 * MEBIBYTE + 1))

    assert_is_error(response, 413, "payload_too_large")


def test_answers_preflights(http: httpx.Client) -> None:
    response = http.options(
        "/api/v1/events/",
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] in {"*", "http://localhost:3000"}
    assert "authorization" in response.headers["Access-Control-Allow-Headers"].lower()
    assert "POST" in response.headers["Access-Control-Allow-Methods"]


def test_does_not_believe_a_client_about_its_address(http: httpx.Client) -> None:
    # Each address has a budget of its own: one that could be chosen would never run out.
    left = [
        int(http.get("/no/such/path/", headers=headers).headers["X-RateLimit-Remaining"])
        for headers in (
            {"X-Viewer-Address": "198.51.100.1"},
            {"X-Viewer-Address": "198.51.100.2", "X-Edge-Key": "guessed"},
        )
    ]

    assert left[1] != left[0]


def test_serves_media_from_the_private_bucket(stack: Stack, http: httpx.Client) -> None:
    key = f"media/avatars/{uuid.uuid4()}.png"
    stack.client("s3").put_object(
        Bucket=stack.outputs["MediaBucketName"],
        Key=key,
        Body=b"picture",
        ContentType="image/png",
        CacheControl="public, max-age=31536000, immutable",
    )

    response = http.get(f"/{key}")
    head = http.head(f"/{key}")

    assert (response.status_code, response.content) == (200, b"picture")
    assert (head.status_code, head.content) == (200, b"")
    for answer in (response, head):
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.headers["Content-Length"] == "7"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_missing_media_is_not_found(http: httpx.Client) -> None:
    assert_is_error(http.get("/media/avatars/none.png"), 404, "not_found")


def test_media_can_not_be_written(http: httpx.Client) -> None:
    response = http.put("/media/avatars/mine.png", content=b"picture")

    assert_is_error(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/ws/chat/", "/ws/events/1/"])
def test_other_socket_paths_are_not_found(http: httpx.Client, path: str) -> None:
    assert_is_error(http.get(path), 404, "not_found")


def test_a_socket_wants_an_upgrade(http: httpx.Client) -> None:
    assert_is_error(http.get("/ws/events/"), 426, "upgrade_required")


@pytest.mark.parametrize(
    "path", ["/ws?", "/ws/?", "/ws/events?", "/ws/events/?", "/ws/tasks/?", "/ws/voting/?event=1&"]
)
async def test_opens_sockets(stack: Stack, token: str, path: str) -> None:
    async with connect(f"{stack.ws_url}{path}token={token}", open_timeout=30) as socket:
        await socket.ping()


async def test_refuses_a_bad_token_at_the_handshake(stack: Stack) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await connect(f"{stack.ws_url}/ws/events/?token=forged", open_timeout=30)

    assert refusal.value.response.status_code in {401, 403}
