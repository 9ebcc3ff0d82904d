"""Writes docs/openapi.json from the route declarations that the handlers themselves use.

`make openapi` runs it; a test fails when the file is not what the code says.
"""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge

from gatherhub.errors import ErrorCode
from gatherhub.http.api import Access, Api
from gatherhub.http.errors import status_of
from gatherhub.settings import VERSION

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "openapi.json"

_ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error", "message", "details", "timestamp"],
    "properties": {
        "error": {"type": "string", "enum": [code.value for code in ErrorCode]},
        "message": {"type": "string"},
        "details": {"type": "object", "additionalProperties": True},
        "timestamp": {"type": "string", "examples": ["2024-01-01T12:00:00Z"]},
    },
}
_LIMIT_HEADERS = {
    name: {"schema": {"type": "integer"}, "description": text}
    for name, text in {
        "X-RateLimit-Limit": "Requests in each minute.",
        "X-RateLimit-Remaining": "Requests left in this minute.",
        "X-RateLimit-Reset": "When the minute ends, in Unix seconds.",
    }.items()
}


def apis() -> Iterator[Api]:
    """Yield the resolver of every function that answers HTTP routes, by the name of its file."""
    for path in sorted((ROOT / "functions").glob("*/*.py")):
        module = importlib.import_module(f"functions.{path.parent.name}.{path.stem}")
        api = getattr(module, "handler", None)
        if isinstance(api, Api) and (api._static_routes or api._dynamic_routes):  # noqa: SLF001
            yield api


def describe() -> dict[str, Any]:
    """Return the OpenAPI 3.1 description of the whole API."""
    merge = OpenAPIMerge(
        title="GatherHub API",
        version=VERSION,
        openapi_version="3.1.0",
        description="Accounts, events, tasks and votes for groups that plan things together.",
        on_conflict="error",
    )
    for api in apis():
        merge.add_schema(_schema(api))
    description = merge.get_openapi_schema()
    schemas = description["components"]["schemas"]
    for surplus in ("HTTPValidationError", "ResponseValidationError", "ValidationError"):
        schemas.pop(surplus, None)
    schemas["Error"] = _ERROR
    description["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    description["paths"] = dict(sorted(description["paths"].items()))
    description["components"]["schemas"] = dict(sorted(schemas.items()))
    return description


def _schema(api: Api) -> dict[str, Any]:
    schema: dict[str, Any] = api.get_openapi_schema().model_dump(
        mode="json", by_alias=True, exclude_none=True
    )
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _complete(api, path, method, operation)
    return schema


def _complete(api: Api, path: str, method: str, operation: dict[str, Any]) -> None:
    operation["operationId"] = _operation_id(path, method)
    responses = operation["responses"]
    responses.pop("422", None)
    responses.get("204", {}).pop("content", None)  # Powertools describes a null
    if api.access is not Access.MONITOR:
        for response in responses.values():
            response["headers"] = _LIMIT_HEADERS
    by_status: dict[int, list[ErrorCode]] = {}
    for code in (*_usual_errors(api, path, method), *api.errors):
        by_status.setdefault(status_of(code), []).append(code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(f"`{code}`" for code in codes),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    if api.access is Access.SIGNED_IN:
        operation["security"] = [{"bearer": []}]
    if api.roles:
        operation["x-roles"] = [role.value for role in api.roles]


def _usual_errors(api: Api, path: str, method: str) -> Iterator[ErrorCode]:
    if api.access is Access.MONITOR:
        return
    if api.accepts:
        yield ErrorCode.VALIDATION_ERROR
        yield ErrorCode.INVALID_JSON
        yield ErrorCode.PAYLOAD_TOO_LARGE
        yield ErrorCode.UNSUPPORTED_MEDIA_TYPE
    elif method == "get" and "{" not in path:
        yield ErrorCode.VALIDATION_ERROR
    if api.access is Access.SIGNED_IN:
        yield ErrorCode.NOT_AUTHENTICATED
        yield ErrorCode.TOKEN_INVALID
        yield ErrorCode.TOKEN_EXPIRED
    if api.roles:
        yield ErrorCode.PERMISSION_DENIED
    if "{" in path:
        yield ErrorCode.NOT_FOUND
    yield ErrorCode.RATE_LIMIT_EXCEEDED
    yield ErrorCode.INTERNAL_ERROR
    yield ErrorCode.SERVICE_UNAVAILABLE


def _operation_id(path: str, method: str) -> str:
    words = [word.strip("{}") for word in path.split("/") if word not in {"", "api", "v1"}]
    return "_".join([method, *words])


def render() -> str:
    """Return the description as the text of the file."""
    return json.dumps(describe(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
