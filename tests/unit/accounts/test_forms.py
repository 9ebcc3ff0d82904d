import base64
import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from hypothesis import given
from hypothesis import strategies as st

from gatherhub.accounts.schemas import ProfileChanges
from gatherhub.errors import ErrorCode, Problem
from gatherhub.http import forms
from gatherhub.schemas import Upload
from tests.http import http_event

FORM = "multipart/form-data; boundary=xx"


def part(name: str, content: bytes, extra: str = "") -> bytes:
    head = f'--xx\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def event(raw: bytes | str, content_type: str = FORM) -> APIGatewayProxyEventV2:
    sent = http_event("PUT", "/", raw=raw, headers={"Content-Type": content_type})
    return APIGatewayProxyEventV2(sent)


def read(raw: bytes | str, content_type: str = FORM) -> dict[str, Any]:
    changes = forms.read(ProfileChanges, event(raw, content_type))
    return {name: getattr(changes, name) for name in changes.model_fields_set}


def refused(raw: bytes | str, content_type: str = FORM) -> dict[str, Any]:
    with pytest.raises(Problem) as caught:
        read(raw, content_type)
    assert caught.value.code is ErrorCode.VALIDATION_ERROR
    return caught.value.details


def test_text_and_a_file() -> None:
    body = part("bio", "Zoë\r\n--x".encode()) + part("avatar", b"\x00\xff", '; filename="a.png"')
    assert read(body + b"--xx--\r\n") == {"bio": "Zoë\r\n--x", "avatar": Upload(b"\x00\xff")}


def test_an_upload_does_not_print_its_content() -> None:
    assert "secret" not in repr(Upload(b"secret"))


def test_json_and_its_null() -> None:
    assert read('{"avatar": null, "bio": ""}', "application/json") == {"avatar": None, "bio": ""}
    assert read("{}", "application/json; charset=utf-8") == {}


@pytest.mark.parametrize("avatar", ["x", "", 1, True, [], {"content": "eA=="}])
def test_json_has_no_other_avatar_than_null(avatar: object) -> None:
    with pytest.raises(RequestValidationError) as caught:
        read(json.dumps({"avatar": avatar}), "application/json")
    [entry] = caught.value.errors()
    assert entry["loc"] == ("body", "avatar")
    assert "input" not in entry


@pytest.mark.parametrize("name", ["bio", "first_name"])
def test_a_file_is_no_text(name: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        read(part(name, b"x", '; filename="a.txt"') + b"--xx--")
    assert [entry["loc"] for entry in caught.value.errors()] == [("body", name)]


def test_text_is_no_avatar() -> None:
    with pytest.raises(RequestValidationError):
        read(part("avatar", b"null") + b"--xx--")


def test_a_file_input_left_empty_is_as_if_it_were_not_there() -> None:
    assert read(part("avatar", b"", '; filename=""') + b"--xx--") == {}
    assert read(part("avatar", b"", '; filename="a.png"') + b"--xx--") == {"avatar": Upload(b"")}


def test_unknown_parts_are_ignored_and_the_last_of_a_name_counts() -> None:
    body = part("other", b"\x00", '; filename="x"') + part("bio", b"1") + part("bio", b"2")
    assert read(body + b"--xx--") == {"bio": "2"}


def test_of_two_files_none_is_chosen_silently() -> None:
    avatars = part("avatar", b"1", '; filename="a"') + part("avatar", b"2", '; filename="b"')
    with pytest.raises(RequestValidationError) as caught:
        read(avatars + b"--xx--")
    [entry] = caught.value.errors()
    assert entry["loc"] == ("body", "avatar")
    assert "one file" in entry["msg"]
    assert read(avatars.replace(b"avatar", b"other") + b"--xx--") == {}


def test_text_that_is_not_utf8_names_its_field() -> None:
    assert refused(part("bio", b"\xff") + b"--xx--") == {"bio": ["This text is not valid UTF-8."]}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=yy",
        "multipart/form-data; boundary=" + "x" * 300,
        "multipart/form-data; boundary=\u20ac",
        "multipart/form-data; boundary*=xx",
    ],
)
def test_a_form_without_its_boundary(content_type: str) -> None:
    assert set(refused(part("bio", b"x") + b"--xx--", content_type)) == {"non_field_errors"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        part("bio", b"x"),
        part("bio", b"x") + b"--x",
        b"--xx\r\n",
        b"--xx\r\nContent-Disposition: form-data; name=bio\r\n",
        b"--xx\r\n\r\nno headers\r\n--xx--",
        b"--xx\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xx--",
        b"--xx\r\nContent-Disposition: attachment; name=bio\r\n\r\nx\r\n--xx--",
        b'--xx\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--xx--',
        b"--xx\r\nBad Header\x00: x\r\n\r\nx\r\n--xx--",
        b"--xx\r\n: empty\r\n\r\nx\r\n--xx--",
        b"--xx\r\n" + b"A: b\r\n" * 100 + b"\r\nx\r\n--xx--",
        b"--xx\r\nA: " + b"b" * 100_000 + b"\r\n\r\nx\r\n--xx--",
        part("bio", b"x") * 51 + b"--xx--",
    ],
)
def test_a_malformed_form(body: bytes) -> None:
    assert refused(body) == {"non_field_errors": ["The form can't be read."]}


def test_what_a_client_sends_wrong_does_not_get_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    read(part("bio", b"x") + b"--xx--more")
    refused(b"--xx\r\nBad Header\x00: x\r\n\r\nx\r\n--xx--")
    assert caplog.records == []


def test_a_boundary_inside_a_line_is_content() -> None:
    smuggled = b"a--xx\r\nContent-Disposition: form-data; name=first_name\r\n\r\nb"
    assert read(part("bio", smuggled) + b"--xx--") == {"bio": smuggled.decode()}


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for raw in (body, b"--xx\r\n" + body, part("bio", body) + b"--xx--"):
        try:
            forms.read(ProfileChanges, event(raw))
        except (Problem, RequestValidationError):
            continue


@pytest.mark.parametrize("unit", [b"\r\n", b"\r", b"\r\n--x", b"\r\n--xxx", b"-", b"\r\n--xx\r"])
def test_four_megabytes_of_almost_boundaries_are_read_or_refused(unit: bytes) -> None:
    body = part("avatar", unit * (4_000_000 // len(unit)), '; filename="a"') + b"--xx--"
    with suppress(Problem):
        assert len(read(body)["avatar"].content) >= 3_999_900


def test_the_description_shows_both_media_types() -> None:
    content = forms.description(ProfileChanges, "avatar")["requestBody"]["content"]
    as_json = content["application/json"]["schema"]["properties"]
    as_form = content["multipart/form-data"]["schema"]["properties"]
    assert as_json["avatar"]["type"] == "null"
    assert as_form["avatar"] == {"type": "string", "format": "binary"}
    assert as_json["bio"] == as_form["bio"]


def test_a_body_that_is_not_base64_is_text() -> None:
    text = (part("bio", "Zoë".encode()) + b"--xx--").decode()
    assert read(text) == {"bio": "Zoë"}
    assert base64.b64decode(event(text.encode()).body or "").decode() == text
