"""The HTTP API's routes, which the emulator doesn't take from the template.

SAM gathers the `HttpApi` events of all functions into one OpenAPI document, the API's `Body`. AWS
imports it; the emulator ignores it, so this module does the import through the API.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

    from local.aws import Aws

_ANY_METHOD = "x-amazon-apigateway-any-method"
_INTEGRATION = "x-amazon-apigateway-integration"


@dataclass(frozen=True, order=True)
class Route:
    """One route of an HTTP API, such as `GET /health`, and the function URI that serves it."""

    key: str
    uri: str


def routes_of(body: dict[str, Any]) -> set[Route]:
    """Return the routes that an HTTP API's resolved OpenAPI document declares."""
    return set(_routes(body))


def import_routes(aws: Aws, api_id: str, wanted: set[Route]) -> None:
    """Make the routes and integrations of an API equal to `wanted`."""
    client: ApiGatewayV2Client = aws.client("apigatewayv2")
    integrations = _integrations(client, api_id)
    uris = {identifier: uri for uri, identifier in integrations.items()}
    existing = client.get_routes(ApiId=api_id)["Items"]
    stale = {
        Route(item["RouteKey"], uris.get(item["Target"].removeprefix("integrations/"), "")): item
        for item in existing
    }
    # First the old, then the new: a route key can exist only once.
    for route in stale.keys() - wanted:
        client.delete_route(ApiId=api_id, RouteId=stale[route]["RouteId"])
    for uri in integrations.keys() - {route.uri for route in wanted}:
        client.delete_integration(ApiId=api_id, IntegrationId=integrations[uri])
    for route in sorted(wanted - stale.keys()):
        if route.uri not in integrations:
            integrations[route.uri] = client.create_integration(
                ApiId=api_id,
                IntegrationType="AWS_PROXY",
                IntegrationUri=route.uri,
                PayloadFormatVersion="2.0",
            )["IntegrationId"]
        target = f"integrations/{integrations[route.uri]}"
        client.create_route(ApiId=api_id, RouteKey=route.key, Target=target)


def _routes(body: dict[str, Any]) -> Iterator[Route]:
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            if not isinstance(operation, dict) or _INTEGRATION not in operation:
                continue
            uri = operation[_INTEGRATION]["uri"]
            if path == "$default":
                yield Route(path, uri)
            else:
                verb = "ANY" if method == _ANY_METHOD else method.upper()
                yield Route(f"{verb} {path}", uri)


def _integrations(client: ApiGatewayV2Client, api_id: str) -> dict[str, str]:
    """Return the integration of each function URI."""
    items = client.get_integrations(ApiId=api_id)["Items"]
    return {item["IntegrationUri"]: item["IntegrationId"] for item in items}
