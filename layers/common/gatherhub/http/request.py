"""What every function wants to know about a request before anything else looks at it."""

import base64
import binascii
import hmac
import ipaddress
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gatherhub import settings
from gatherhub.errors import ErrorCode, Problem, invalid

JSON = "application/json"
MULTIPART = "multipart/form-data"

MAX_JSON_BYTES = 1_048_576
MAX_DEPTH = 32  # nothing that the API takes is nested deeper than three
MAX_UPLOAD_BYTES = (
    4_600_000  # a 4 MB file and its form; base64 of more would not fit a Lambda event
)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._~:/+=-]{1,128}", re.ASCII)
_V6_NETWORK_BITS = 64


@dataclass(frozen=True)
class Incoming:
    """An HTTP API event (payload 2.0) in the terms of the contract.

    `path` always ends in a slash, whether the client sent one or not.
    """

    event: Mapping[str, Any]
    headers: Mapping[str, str]
    path: str
    method: str
    request_id: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "Incoming":
        """Return the view of an event; header names are lower case."""
        headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
        context = event["requestContext"]
        own = headers.get("x-request-id", "")
        return cls(
            event=event,
            headers=headers,
            path=event["rawPath"].rstrip("/") + "/",
            method=context["http"]["method"].upper(),
            request_id=own if _REQUEST_ID.fullmatch(own) else context["requestId"],
        )

    @property
    def route(self) -> str:
        """Return the route as the template names it, without the twin that takes the slash."""
        return str(self.event.get("routeKey", "$default")).removesuffix("/{proxy+}")

    @property
    def client(self) -> str:
        """Return the client's address, or its /64 network for IPv6, where one client has them all.

        Only the edge is believed about it, and it shows that it is the edge by its key.
        """
        address = str(self.event["requestContext"]["http"]["sourceIp"])
        key = settings.edge_key()
        shown = self.headers.get("x-edge-key", "")
        if key and hmac.compare_digest(key.encode(), shown.encode()):
            address = self.headers.get("x-viewer-address", address)
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return "unknown"
        if parsed.version == 4:  # noqa: PLR2004
            return str(parsed)
        return str(ipaddress.ip_network((int(parsed), _V6_NETWORK_BITS), strict=False))

    def normalised(self, accepts: Collection[str]) -> dict[str, Any]:
        """Return the event as Powertools is to see it, with its body checked.

        Problem for a body that is too large, of a media type that the route does not accept, or
        not JSON. No body at all counts as `{}`, so that missing fields are named one by one.
        """
        event = {**self.event, "rawPath": self.path}
        if not accepts:
            return event
        body = self._body()
        media_type = self.headers.get("content-type", JSON).split(";")[0].strip().lower()
        if body and media_type not in accepts:
            expected = " or ".join(sorted(accepts))
            raise Problem(ErrorCode.UNSUPPORTED_MEDIA_TYPE, f"Send the body as {expected}.")
        if media_type == MULTIPART:
            return event
        event.update(
            body=_checked_json(body or b"{}"),
            isBase64Encoded=False,
            headers={**self.headers, "content-type": JSON},
        )
        return event

    def _body(self) -> bytes:
        raw = self.event.get("body") or ""
        limit = (
            MAX_UPLOAD_BYTES
            if self.headers.get("content-type", "").lower().startswith(MULTIPART)
            else MAX_JSON_BYTES
        )
        try:
            body = base64.b64decode(raw) if self.event.get("isBase64Encoded") else raw.encode()
        except (binascii.Error, UnicodeEncodeError):
            _not_json()
        if len(body) > limit:
            raise Problem(
                ErrorCode.PAYLOAD_TOO_LARGE,
                f"The body is larger than {limit:,} bytes.",
                {"limit_bytes": limit},
            )
        return body


def _checked_json(body: bytes) -> str:
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_not_a_number)
    except (ValueError, RecursionError):
        _not_json()
    if not isinstance(value, dict):
        raise invalid("non_field_errors", "Send a JSON object.")
    if _is_deeper(value, MAX_DEPTH):
        raise Problem(ErrorCode.INVALID_JSON, f"The body is nested deeper than {MAX_DEPTH} levels.")
    return text


def _is_deeper(value: Any, levels: int) -> bool:
    """Tell whether JSON is nested deeper; Powertools parses it again with less stack left."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return any(isinstance(rest, dict | list) for rest in layer)


def _not_a_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _not_json() -> NoReturn:
    raise Problem(ErrorCode.INVALID_JSON, "The body is not valid JSON in UTF-8.") from None
