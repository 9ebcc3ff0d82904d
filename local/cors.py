"""The HTTP API's CORS settings, which the emulator doesn't take from the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_apigatewayv2.type_defs import CorsTypeDef

    from local.aws import Aws


def cors_of(declared: Any) -> CorsTypeDef | None:
    """Return the settings that a resolved `CorsConfiguration` of an HTTP API asks for."""
    if declared is True:
        return {"AllowOrigins": ["*"]}  # as SAM understands it
    settings: CorsTypeDef | None = declared or None
    return settings


def set_cors(aws: Aws, api_id: str, wanted: CorsTypeDef | None) -> None:
    """Make the CORS settings of an API equal to `wanted`."""
    client: ApiGatewayV2Client = aws.client("apigatewayv2")
    if wanted:
        client.update_api(ApiId=api_id, CorsConfiguration=wanted)
    elif client.get_api(ApiId=api_id).get("CorsConfiguration"):
        client.delete_cors_configuration(ApiId=api_id)
