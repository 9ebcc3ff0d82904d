"""Calling the WebSocket functions as API Gateway and the stream would."""

import copy
import json
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gatherhub.accounts import tokens
from tests.http import handler

CONNECTION = "BpOFbfJ2oAMCJHQ="
_EVENTS = Path(__file__).parent / "events"


@cache
def _recorded(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((_EVENTS / f"{name}.json").read_text("utf-8")))


def recorded(name: str) -> dict[str, Any]:
    """Return a copy of a payload of tests/events/."""
    return copy.deepcopy(_recorded(name))


def invoke(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Call a function of functions/ws/."""
    return handler(f"ws.{function}")(event, SimpleNamespace())


def connect(
    token: str | None = None,
    connection_id: str = CONNECTION,
    protocols: str = "",
    **query: str,
) -> dict[str, Any]:
    """Shake hands with these query parameters."""
    event = recorded("websocket_connect")
    event["requestContext"]["connectionId"] = connection_id
    parameters = {"topics": "events", **query} | ({"token": token} if token is not None else {})
    event["queryStringParameters"] = parameters
    if protocols:
        event["headers"]["Sec-WebSocket-Protocol"] = protocols
    return invoke("connect", event)


def disconnect(connection_id: str = CONNECTION) -> dict[str, Any]:
    """Report a closed connection."""
    event = recorded("websocket_disconnect")
    event["requestContext"]["connectionId"] = connection_id
    return invoke("disconnect", event)


def message(
    body: str | None, route: str = "$default", connection_id: str = CONNECTION
) -> dict[str, Any]:
    """Return the event of a client's message."""
    event = recorded("websocket_message")
    event["requestContext"] |= {"routeKey": route, "connectionId": connection_id}
    event["body"] = body
    return event


def receive(body: str | None, connection_id: str = CONNECTION) -> dict[str, Any]:
    """Send a message and return the answer that goes back on the socket."""
    answer = invoke("receive", message(body, connection_id=connection_id))
    assert answer["statusCode"] == 200
    return cast("dict[str, Any]", json.loads(answer["body"]))


def say(type_: str, connection_id: str = CONNECTION, **data: Any) -> dict[str, Any]:
    """Send a message of a type and return the answer."""
    return receive(json.dumps({"type": type_, "data": data}), connection_id)


def told_nothing(type_: str, **data: Any) -> None:
    """Send a message that is not answered itself: something was posted, or the socket closed."""
    answer = invoke("receive", message(json.dumps({"type": type_, "data": data})))
    assert answer == {"statusCode": 200, "headers": {}}


def token(user_id: int, seconds: int) -> str:
    """Return an access token that is valid for so many seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "ACCESS_SECONDS", seconds)
        return tokens.issue_access(user_id)


def enforce(*bodies: str) -> list[str]:
    """Deliver messages of the deadlines' queue; return the ids of those reported as failed."""
    records = [
        {"messageId": f"message-{number}", "eventSource": "aws:sqs", "body": body}
        for number, body in enumerate(bodies)
    ]
    report = invoke("enforce_deadlines", {"Records": records})
    return [failure["itemIdentifier"] for failure in report["batchItemFailures"]]


def created(number: int, **attributes: Any) -> dict[str, Any]:
    """Return the stream record of the event `number`; `attributes` replace the item's, typed."""
    record = cast("dict[str, Any]", recorded("stream_event_created")["Records"][0])
    body = record["dynamodb"]
    key = {"pk": {"S": f"EVENT#{number:016d}"}, "sk": {"S": "EVENT"}}
    record["eventID"] = f"{number:032x}"
    body["Keys"] = key
    body["NewImage"] |= {**key, "id": {"N": str(number)}, **attributes}
    body["SequenceNumber"] = f"44215845{number:020d}"
    return record


def broadcast(*records: dict[str, Any]) -> list[str]:
    """Deliver a batch and return the sequence numbers that the broadcaster reports as failed."""
    report = invoke("broadcast", {"Records": list(records)})
    return [failure["itemIdentifier"] for failure in report["batchItemFailures"]]
