from typing import Any
from unittest.mock import Mock

from local.routes import Route, import_routes, routes_of
from local.warm import function_of


def operation(uri: str) -> dict[str, Any]:
    return {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": uri}, "responses": {}}


def test_reads_what_sam_makes_of_events() -> None:
    body = {
        "openapi": "3.0.1",
        "paths": {
            "/health": {"get": operation("health")},
            "/health/{proxy+}": {"get": operation("health"), "parameters": []},
            "/any": {"x-amazon-apigateway-any-method": operation("any")},
            "$default": {"x-amazon-apigateway-any-method": operation("fallback")},
        },
    }

    assert routes_of(body) == {
        Route("GET /health", "health"),
        Route("GET /health/{proxy+}", "health"),
        Route("ANY /any", "any"),
        Route("$default", "fallback"),
    }


def test_changes_only_what_differs() -> None:
    client = Mock()
    client.get_integrations.return_value = {
        "Items": [
            {"IntegrationId": "1", "IntegrationUri": "kept"},
            {"IntegrationId": "2", "IntegrationUri": "gone"},
        ]
    }
    client.get_routes.return_value = {
        "Items": [
            {"RouteId": "a", "RouteKey": "GET /kept", "Target": "integrations/1"},
            {"RouteId": "b", "RouteKey": "GET /moved", "Target": "integrations/2"},
        ]
    }
    client.create_integration.return_value = {"IntegrationId": "3"}
    aws = Mock(client=Mock(return_value=client))
    wanted = {Route("GET /kept", "kept"), Route("GET /moved", "new"), Route("GET /same", "new")}

    import_routes(aws, "api", wanted)

    client.delete_route.assert_called_once_with(ApiId="api", RouteId="b")
    client.delete_integration.assert_called_once_with(ApiId="api", IntegrationId="2")
    assert client.create_integration.call_args.kwargs["IntegrationUri"] == "new"
    assert client.create_integration.call_count == 1
    assert [call.kwargs for call in client.create_route.call_args_list] == [
        {"ApiId": "api", "RouteKey": "GET /moved", "Target": "integrations/3"},
        {"ApiId": "api", "RouteKey": "GET /same", "Target": "integrations/3"},
    ]


def test_finds_the_function_in_a_uri() -> None:
    function = "arn:aws:lambda:us-east-1:000000000000:function:name"
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"

    assert function_of(uri) == function
