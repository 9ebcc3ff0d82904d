"""Bodies that come as JSON or as a form with files, for the one model that takes both.

Powertools can parse forms, but it takes one that breaks off for a whole one, and splits at the
boundary wherever it occurs, also within a line of a file. `python-multipart` is what Starlette and
FastAPI rely on.
"""

import base64
import copy
import json
import logging
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic import BaseModel, ValidationError
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from gatherhub.errors import NON_FIELD, invalid
from gatherhub.http.request import JSON, MULTIPART
from gatherhub.schemas import Upload

# It warns of what is wrong with a form, which is for the client to know and not for our log.
logging.getLogger("python_multipart").setLevel(logging.ERROR)

Model = TypeVar("Model", bound=BaseModel)

_MAX_PARTS = 50


def read(model: type[Model], event: APIGatewayProxyEventV2) -> Model:
    """Return the body as `model`; a file in a form is an `Upload`, several of one name a list.

    RequestValidationError names the fields that are wrong; Problem `validation_error` for a form
    that can't be read.
    """
    content_type = event.headers.get("content-type", "")
    if content_type.strip().lower().startswith(MULTIPART):
        values = _form(content_type, _content(event))
    else:
        values = json.loads(event.body or "{}")
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in found]
        ) from None


def description(model: type[BaseModel], file: str) -> dict[str, Any]:
    """Return the OpenAPI description of a body that may be JSON, or a form with a `file`."""
    as_json = model.model_json_schema()
    as_form = copy.deepcopy(as_json)
    as_form["properties"][file] = {"type": "string", "format": "binary"}
    content = {JSON: {"schema": as_json}, MULTIPART: {"schema": as_form}}
    return {"requestBody": {"required": True, "content": content}}


@dataclass
class _Part:
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    content: bytearray = field(default_factory=bytearray)

    def finish_header(self) -> None:
        if self.name.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.name.clear()
        self.value.clear()


class _Collector:
    """Hears what the parser finds, and keeps the parts."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.complete = False

    def on_part_begin(self) -> None:
        if len(self.parts) == _MAX_PARTS:
            raise FormParserError("too many parts")
        self.parts.append(_Part())

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].value += data[start:end]

    def on_header_end(self) -> None:
        self.parts[-1].finish_header()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].content += data[start:end]

    def on_end(self) -> None:
        self.complete = True


def _content(event: APIGatewayProxyEventV2) -> bytes:
    raw = event.body or ""
    return base64.b64decode(raw) if event.is_base64_encoded else raw.encode()


def _form(content_type: str, content: bytes) -> dict[str, str | Upload | list[Upload]]:
    try:
        values = [_value(part) for part in _parts(content_type, content)]
    except ValueError:  # of the parser, of decoding a name, or of our own
        raise invalid(NON_FIELD, "The form can't be read.") from None
    form: dict[str, str | Upload | list[Upload]] = {}
    files: dict[str, list[Upload]] = {}
    for name, value in filter(None, values):
        form[name] = value
        if isinstance(value, Upload):
            files.setdefault(name, []).append(value)
    return form | {name: several for name, several in files.items() if len(several) > 1}


def _parts(content_type: str, content: bytes) -> list[_Part]:
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise FormParserError("no boundary")
    heard = _Collector()
    parser = MultipartParser(
        boundary,
        {
            "on_part_begin": heard.on_part_begin,
            "on_header_field": heard.on_header_field,
            "on_header_value": heard.on_header_value,
            "on_header_end": heard.on_header_end,
            "on_part_data": heard.on_part_data,
            "on_end": heard.on_end,
        },
    )
    parser.write(content)
    parser.finalize()
    if not heard.complete:
        raise FormParserError("the last boundary is missing")
    return heard.parts


def _value(part: _Part) -> tuple[str, str | Upload] | None:
    """Return the name and value of a part; None for the file of a form in which none was chosen."""
    kind, options = parse_options_header(part.disposition)
    if kind != b"form-data" or b"name" not in options:
        raise FormParserError("a part without a name")
    name, content = options[b"name"].decode(), bytes(part.content)
    if b"filename" in options:
        return (name, Upload(content)) if content or options[b"filename"] else None
    try:
        return name, content.decode()
    except UnicodeDecodeError:
        raise invalid(name, "This text is not valid UTF-8.") from None
