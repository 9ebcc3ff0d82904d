"""Requests, byte by byte signed as botocore's client signs them."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.credentials import ReadOnlyCredentials
from urllib3 import HTTPResponse

from gatherhub.realtime.signing import Signer

REGION = "eu-central-1"
AWS = "https://abc123.execute-api.eu-central-1.amazonaws.com/live"
LOCAL = "http://127.0.0.1:4566/_aws/execute-api/abc123/live"
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC).timestamp()
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def by_botocore(
    url: str, token: str | None, method: str, connection_id: str, data: bytes
) -> tuple[str, dict[str, str]]:
    """Return the target and the headers that botocore's client sends."""
    session = botocore.session.Session()
    session.set_credentials(KEY, SECRET, token)
    client: Any = session.create_client(
        "apigatewaymanagementapi", region_name=REGION, endpoint_url=url
    )
    sent: list[Any] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.append(request)
        return AWSResponse(
            request.url, 200, HTTPHeaders(), HTTPResponse(BytesIO(), preload_content=False)
        )

    client.meta.events.register("before-send", answer)
    if method == "POST":
        client.post_to_connection(ConnectionId=connection_id, Data=data)
    else:
        client.delete_connection(ConnectionId=connection_id)
    (request,) = sent
    assert request.method == method
    headers = {
        name.lower(): value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    return urlsplit(request.url).path, headers


def parse(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Return the first line, the headers and the body of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    pairs = (entry.split(": ", 1) for entry in lines)
    return line, {name.lower(): value for name, value in pairs}, body


@pytest.mark.parametrize("url", [AWS, LOCAL, "http://[::1]:4566/live"])
@pytest.mark.parametrize("token", [None, "a+session/token=="])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("connection_id", ["L0SM9cOFvHcCIhw=", "a/b+c d~e_f-g.h", "é🍰", "%3D"])
def test_a_request_is_what_botocore_sends(
    url: str, token: str | None, method: str, connection_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = MIDNIGHT - 1
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(moment, UTC)
    )
    data = "cake 🍰".encode() if method == "POST" else b""
    path, expected = by_botocore(url, token, method, connection_id, data)
    address = urlsplit(url)
    signer = Signer(ReadOnlyCredentials(KEY, SECRET, token), REGION, address.netloc, lambda: moment)
    own_path = f"{address.path}/@connections/{quote(connection_id, safe='')}"
    line, headers, body = parse(signer.request(method, own_path, data))
    assert line == f"{method} {path} HTTP/1.1"
    assert body == data
    assert headers.pop("host") == address.netloc
    assert headers == {name: expected[name] for name in headers}
    wanted = {"authorization", "x-amz-date", "content-length"}
    assert headers.keys() == wanted | ({"x-amz-security-token"} if token else set())


def test_time_goes_on_while_a_signer_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = MIDNIGHT - 2.5
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda: datetime.fromtimestamp(moment, UTC)
    )
    signer = Signer(
        ReadOnlyCredentials(KEY, SECRET, "token"), REGION, urlsplit(AWS).netloc, lambda: moment
    )
    dates = set()
    for _ in range(5):
        _, expected = by_botocore(AWS, "token", "POST", "one", b"1")
        _, headers, _ = parse(signer.request("POST", "/live/@connections/one", b"1"))
        assert headers["authorization"] == expected["authorization"]
        dates.add(headers["x-amz-date"])
        moment += 0.75
    assert dates == {"20261122T235957Z", "20261122T235958Z", "20261122T235959Z", "20261123T000000Z"}
