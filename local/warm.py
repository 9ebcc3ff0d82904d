"""Starting the workers of all functions before someone waits for them.

A function's first call takes about 1.5 s, for its worker has to start. The emulator keeps the
first worker of each function for as long as it runs, so one harmless call is enough.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from local.routes import routes_of

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_lambda import LambdaClient

    from local.aws import Aws
    from local.deployed import Deployed

# At a time: a start takes a whole core.
_WORKERS = 2

# No route has this path, so that every function answers 404 or 401 and changes nothing.
_NOWHERE = "/-/warm"

_NOBODY = "warm-up"

# An address for documentation (RFC 5737): these calls count towards no one's rate limit.
_ADDRESS = "192.0.2.1"

_HTTP_EVENT: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": _NOWHERE,
    "rawQueryString": "",
    "headers": {"accept": "application/json"},
    "requestContext": {
        "http": {
            "method": "GET",
            "path": _NOWHERE,
            "protocol": "HTTP/1.1",
            "sourceIp": _ADDRESS,
            "userAgent": _NOBODY,
        },
        "requestId": _NOBODY,
        "routeKey": "$default",
        "stage": "$default",
    },
    "isBase64Encoded": False,
}

# An empty batch.
_BATCH_EVENT: dict[str, Any] = {"Records": []}


class Warmer:
    """Calls each function once, in the background, until told to stop."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, deployed: Deployed) -> None:
        """Begin to warm the functions of `deployed`; a round that is under way ends first."""
        self.stop()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._warm, args=(deployed,), name="warm")
        self._thread.start()

    def wait(self) -> None:
        """Wait until every function is warm."""
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Start no further call, and wait for those that have begun."""
        self._stopping.set()
        self.wait()

    def _warm(self, deployed: Deployed) -> None:
        functions: LambdaClient = self._aws.client("lambda")

        def call(function: str, event: dict[str, Any]) -> None:
            if self._stopping.is_set():
                return
            # Warming is a courtesy: what fails here fails again, visibly, when it is used.
            with suppress(BotoCoreError, ClientError):
                functions.invoke(FunctionName=function, Payload=json.dumps(event).encode())

        with ThreadPoolExecutor(_WORKERS) as pool:
            for function, event in harmless_events(self._aws, deployed).items():
                pool.submit(call, function, event)


def harmless_events(aws: Aws, deployed: Deployed) -> dict[str, dict[str, Any]]:
    """Return an event for each function, by ARN, that it answers without doing anything.

    Functions that only a schedule calls aren't among them: no event is harmless to those.
    """
    events: dict[str, dict[str, Any]] = {}
    for _, properties in deployed.resources("AWS::ApiGatewayV2::Api"):
        if "Body" in properties:
            for route in sorted(routes_of(deployed.resolve(properties["Body"]))):
                events[function_of(route.uri)] = _HTTP_EVENT
    events |= _socket_events(aws, deployed.output("WebSocketApiId"))
    functions: LambdaClient = aws.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        events[mapping["FunctionArn"]] = _BATCH_EVENT
    return events


def function_of(uri: str) -> str:
    """Return the function ARN within an API Gateway integration URI."""
    return uri.partition("/functions/")[2].removesuffix("/invocations")


def _socket_events(aws: Aws, api_id: str) -> dict[str, dict[str, Any]]:
    client: ApiGatewayV2Client = aws.client("apigatewayv2")
    integrations = {
        f"integrations/{item['IntegrationId']}": item["IntegrationUri"]
        for item in client.get_integrations(ApiId=api_id)["Items"]
    }
    return {
        function_of(integrations[route["Target"]]): _socket_event(route["RouteKey"])
        for route in client.get_routes(ApiId=api_id)["Items"]
    }


def _socket_event(route: str) -> dict[str, Any]:
    """Return an event of a connection that doesn't exist, with a token that no one has."""
    kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}
    event: dict[str, Any] = {
        "requestContext": {
            "routeKey": route,
            "eventType": kinds.get(route, "MESSAGE"),
            "connectionId": _NOBODY,
            "requestId": _NOBODY,
            "stage": "live",
            "identity": {"sourceIp": _ADDRESS, "userAgent": _NOBODY},
        },
        "isBase64Encoded": False,
    }
    if route == "$connect":
        event |= {"headers": {}, "queryStringParameters": {"token": _NOBODY}}
    else:
        event["body"] = json.dumps({"type": "ping"})
    return event
