"""Calling a handler as API Gateway would, and reading what it answers."""

import base64
import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def http_event(
    method: str,
    path: str,
    *,
    body: object = None,
    raw: str | bytes | None = None,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    route: str | None = None,
    address: str = "203.0.113.7",
) -> dict[str, Any]:
    """Return an HTTP API event, payload 2.0. `body` is sent as JSON, `raw` as it is."""
    parts = urlsplit(path)
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if token:
        sent["authorization"] = f"Bearer {token}"
    if body is not None:
        sent.setdefault("content-type", "application/json")
        raw = json.dumps(body)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route or f"{method} {parts.path.rstrip('/')}",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": sent,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "http": {
                "method": method,
                "path": parts.path,
                "protocol": "HTTP/1.1",
                "sourceIp": address,
                "userAgent": "test",
            },
            "requestId": "gateway-request-id",
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(raw, bytes),
    }
    if parts.query:
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        event["queryStringParameters"] = {n: ",".join(v) for n, v in query.items()}
    if raw is not None:
        event["body"] = base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw
    return event


def handler(name: str) -> Handler:
    """Return the handler of a function, e.g. `auth.register`."""
    return getattr(importlib.import_module(f"functions.{name}"), "handler")  # type: ignore[no-any-return]  # noqa: B009


def call(name: str, method: str, path: str, **request: Any) -> Answer:
    """Call a function by name with an event of `http_event`."""
    answer = handler(name)(http_event(method, path, **request), SimpleNamespace())
    headers = {key.lower(): value for key, value in answer["headers"].items()}
    return Answer(answer["statusCode"], headers, answer.get("body") or "")
