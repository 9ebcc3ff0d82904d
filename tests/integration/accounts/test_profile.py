import io
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from gatherhub import aws, settings
from gatherhub.accounts import avatars, pictures, tokens
from gatherhub.accounts.people import embed
from gatherhub.table import keys
from gatherhub.table.writes import Delete, write
from tests.http import Answer, call
from tests.integration.accounts.support import (
    AUTH,
    Member,
    answer_lost,
    assert_problem,
    disturbed,
    member,
    profile,
    refused,
    repeated,
    stored,
    update,
)

FIELDS = {"id", "username", "email", "first_name", "last_name", "bio", "avatar", "date_joined"}
FORM = {"Content-Type": "multipart/form-data; boundary=xx"}


@pytest.fixture
def ann() -> Member:
    return member("ann", first_name="Ann", last_name="Lee")


def picture(kind: str = "PNG", size: tuple[int, int] = (20, 10)) -> bytes:
    output = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(output, kind)
    return output.getvalue()


def form(avatar: bytes | None = None, **text: str) -> bytes:
    parts = [
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in text.items()
    ]
    if avatar is not None:
        head = b'--xx\r\nContent-Disposition: form-data; name="avatar"; filename="../../me.exe"\r\n'
        parts.append(head + b"Content-Type: text/html\r\n\r\n" + avatar + b"\r\n")
    return b"".join(parts) + b"--xx--\r\n"


def upload(user: Member, avatar: bytes | None = None, method: str = "PUT", **text: str) -> Answer:
    return update(user.access, method, raw=form(avatar, **text), headers=FORM)


def objects() -> set[str]:
    listed = aws.client("s3").list_objects_v2(Bucket=settings.media_bucket())
    return {entry["Key"] for entry in listed.get("Contents", [])}


# ---- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"{AUTH}/profile", f"{AUTH}/profile/"])
def test_the_own_profile(path: str, ann: Member) -> None:
    answer = call("auth.get_profile", "GET", path, token=ann.access)
    assert answer.status == 200
    body = answer.json
    assert set(body) == FIELDS | {"last_login"}
    assert (body["id"], body["username"], body["email"]) == (ann.id, "ann", "ann@example.org")
    assert (body["first_name"], body["last_name"], body["bio"]) == ("Ann", "Lee", "")
    assert body["avatar"] is None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["date_joined"])


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
def test_a_profile_needs_an_access_token(method: str, ann: Member) -> None:
    name = "auth.get_profile" if method == "GET" else "auth.update_profile"
    assert_problem(call(name, method, f"{AUTH}/profile/"), 401, "not_authenticated")
    answer = call(name, method, f"{AUTH}/profile/", token=ann.refresh)
    assert_problem(answer, 401, "token_invalid")


def test_the_token_of_an_account_that_is_gone(ann: Member) -> None:
    write(Delete(keys.user(ann.id)))
    assert_problem(profile(ann.access), 401, "token_invalid")
    for body in ({}, {"bio": "x"}, {"avatar": None}):
        assert_problem(update(ann.access, body=body), 401, "token_invalid")
    assert_problem(upload(ann, picture()), 401, "token_invalid")
    assert objects() == set()
    assert_problem(profile(tokens.issue_access(1)), 401, "token_invalid")


# ---- changing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("path", [f"{AUTH}/profile", f"{AUTH}/profile/"])
def test_only_what_is_sent_changes(method: str, path: str, ann: Member) -> None:
    body = {"bio": "Zoë\n🙂", "first_name": " Anna "}
    answer = call("auth.update_profile", method, path, token=ann.access, body=body)
    assert answer.status == 200
    assert set(answer.json) == FIELDS
    assert answer.json["bio"] == "Zoë\n🙂"
    assert (answer.json["first_name"], answer.json["last_name"]) == ("Anna", "Lee")
    shown = profile(ann.access).json
    assert {**shown, "last_login": None} == {**answer.json, "last_login": None}


@pytest.mark.parametrize("body", [{}, {"other": 1}])
def test_nothing_sent_nothing_changed(body: Any, ann: Member) -> None:
    before = stored(ann.id)
    assert update(ann.access, body=body).status == 200
    assert call("auth.update_profile", "PUT", f"{AUTH}/profile/", token=ann.access).status == 200
    assert stored(ann.id) == before


def test_text_can_be_emptied(ann: Member) -> None:
    answer = update(ann.access, body={"first_name": "", "last_name": "", "bio": ""})
    assert (answer.json["first_name"], answer.json["last_name"]) == ("", "")


def test_what_is_not_the_callers_to_change_stays(ann: Member) -> None:
    before = stored(ann.id)
    sent = {"id": 1, "username": "x", "email": "x@y.org", "password_hash": "x", "disabled": True}
    assert update(ann.access, body=sent).status == 200
    assert upload(ann, username="x", password_hash="x").status == 200
    assert stored(ann.id) == before


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"bio": None}, {"bio"}),
        ({"bio": "x" * 5_001}, {"bio"}),
        ({"first_name": 7, "last_name": "x" * 151}, {"first_name", "last_name"}),
        ({"avatar": "http://example.org/me.png"}, {"avatar"}),
        ({"avatar": ""}, {"avatar"}),
        ({"avatar": False}, {"avatar"}),
        ({"bio": "\ud800"}, {"bio"}),
    ],
)
def test_invalid_json_fields(body: Any, named: set[str], ann: Member) -> None:
    before = stored(ann.id)
    assert_problem(update(ann.access, body=body), 400, "validation_error", *named)
    assert stored(ann.id) == before


def test_invalid_bodies(ann: Member) -> None:
    headers = {"Content-Type": "application/json"}
    answer = update(ann.access, raw="{", headers=headers)
    assert_problem(answer, 400, "invalid_json")
    assert_problem(update(ann.access, raw="[]", headers=headers), 400, "validation_error")
    answer = update(ann.access, raw=b"x", headers={"Content-Type": "image/png"})
    assert_problem(answer, 415, "unsupported_media_type")
    answer = update(ann.access, raw=form()[:-4], headers=FORM)
    assert_problem(answer, 400, "validation_error", "non_field_errors")


def test_a_form_changes_text_and_keeps_the_rules(ann: Member) -> None:
    answer = upload(ann, method="PATCH", bio="from a form", first_name="A")
    assert (answer.json["bio"], answer.json["first_name"]) == ("from a form", "A")
    assert answer.json["last_name"] == "Lee"
    assert_problem(upload(ann, bio="x" * 5_001), 400, "validation_error", "bio")
    assert_problem(upload(ann, avatar=picture(), bio="x" * 5_001), 400, "validation_error", "bio")
    assert objects() == set()


# ---- avatars -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_an_avatar_is_stored_and_shown(kind: str, ann: Member) -> None:
    answer = upload(ann, picture(kind, (1_000, 600)), bio="with a face")
    assert answer.status == 200
    url = answer.json["avatar"]
    assert re.fullmatch(r"http://localhost:8000/media/avatars/[0-9a-f]{32}\.webp", url)
    assert answer.json["bio"] == "with a face"
    assert profile(ann.access).json["avatar"] == url
    assert embed([ann.id])[ann.id].avatar == url
    key = url.removeprefix("http://localhost:8000/")
    kept = aws.client("s3").get_object(Bucket=settings.media_bucket(), Key=key)
    assert kept["ContentType"] == "image/webp"
    assert kept["CacheControl"] == "public, max-age=31536000, s-maxage=86400, immutable"
    assert Image.open(io.BytesIO(kept["Body"].read())).size == (512, 307)


def test_a_new_avatar_replaces_the_old_one(ann: Member) -> None:
    first = upload(ann, picture()).json["avatar"]
    second = upload(ann, picture()).json["avatar"]
    assert first != second
    assert objects() == {second.removeprefix("http://localhost:8000/")}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_null_removes_the_avatar(method: str, ann: Member) -> None:
    upload(ann, picture())
    answer = update(ann.access, method, body={"avatar": None, "bio": "faceless"})
    assert (answer.json["avatar"], answer.json["bio"]) == (None, "faceless")
    assert objects() == set()
    assert update(ann.access, method, body={"avatar": None}).status == 200


def test_other_changes_keep_the_avatar(ann: Member) -> None:
    url = upload(ann, picture()).json["avatar"]
    assert update(ann.access, body={"bio": "x"}).json["avatar"] == url
    assert upload(ann, bio="y").json["avatar"] == url
    empty = b'--xx\r\nContent-Disposition: form-data; name="avatar"; filename=""\r\n\r\n\r\n--xx--'
    assert update(ann.access, raw=empty, headers=FORM).json["avatar"] == url
    assert len(objects()) == 1


@pytest.mark.parametrize("content", [b"", b"<svg/>", b"MZ\x90", picture("BMP"), picture()[:40]])
def test_what_is_no_picture_is_refused(content: bytes, ann: Member) -> None:
    url = upload(ann, picture()).json["avatar"]
    answer = upload(ann, content, bio="not stored either")
    assert_problem(answer, 400, "validation_error", "avatar")
    assert profile(ann.access).json["avatar"] == url
    assert profile(ann.access).json["bio"] == ""
    assert len(objects()) == 1


def test_text_is_no_avatar(ann: Member) -> None:
    raw = form(bio="x").replace(b"bio", b"avatar")
    answer = update(ann.access, raw=raw, headers=FORM)
    assert_problem(answer, 400, "validation_error", "avatar")


def test_four_megabytes_and_no_more(ann: Member) -> None:
    whole = picture("JPEG") + b"\0" * (pictures.MAX_BYTES - len(picture("JPEG")))
    assert upload(ann, whole).status == 200
    assert_problem(upload(ann, whole + b"\0"), 413, "payload_too_large")
    assert_problem(upload(ann, whole + b"\0" * 500_000), 413, "payload_too_large")


def test_a_media_type_in_other_letters(ann: Member) -> None:
    headers = {"Content-Type": 'Multipart/Form-Data; Charset=utf-8; Boundary="xx"'}
    whole = picture("JPEG") + b"\0" * 2_000_000
    assert update(ann.access, raw=form(whole), headers=headers).json["avatar"]


# ---- when something fails in between -----------------------------------------------------------


def profile_writes(disturb: Any) -> Any:
    """Disturb the writes of profiles and leave the request counter alone."""

    def choose(make: Any, parameters: dict[str, Any]) -> Any:
        is_profile = parameters["Key"]["sk"]["S"] == "USER"
        return disturb(make, parameters) if is_profile else make()

    return choose


def test_two_uploads_at_the_same_time_leave_one_picture(ann: Member) -> None:
    upload(ann, picture())
    inner: list[str] = []

    def other_first(make: Any, _: Any) -> Any:
        if not inner:
            inner.append("")
            inner[0] = upload(ann, picture()).json["avatar"]
        return make()

    with disturbed("UpdateItem", profile_writes(other_first)):
        outer = upload(ann, picture()).json["avatar"]
    assert outer != inner[0]
    assert objects() == {outer.removeprefix("http://localhost:8000/")}


def test_a_removal_during_an_upload_leaves_one_picture(ann: Member) -> None:
    upload(ann, picture())
    removed: list[int] = []

    def remove_first(make: Any, _: Any) -> Any:
        if not removed:
            removed.append(0)
            removed[0] = update(ann.access, body={"avatar": None}).status
        return make()

    with disturbed("UpdateItem", profile_writes(remove_first)):
        url = upload(ann, picture()).json["avatar"]
    assert removed == [200]
    assert objects() == {url.removeprefix("http://localhost:8000/")}


@pytest.mark.parametrize("had_one", [False, True])
def test_a_write_that_the_sdk_repeats_keeps_the_new_picture(had_one: bool, ann: Member) -> None:
    if had_one:
        upload(ann, picture())
    with disturbed("UpdateItem", profile_writes(repeated)):
        url = upload(ann, picture()).json["avatar"]
        assert profile(ann.access).json["avatar"] == url
        assert objects() == {url.removeprefix("http://localhost:8000/")}
        assert update(ann.access, body={"avatar": None, "bio": "x"}).json["bio"] == "x"
    assert objects() == set()


@pytest.mark.parametrize("had_one", [False, True])
def test_a_write_whose_answer_gets_lost_is_found_to_have_happened(
    had_one: bool, ann: Member
) -> None:
    if had_one:
        upload(ann, picture())
    lost: list[bool] = []

    def lose_one_success(make: Any, parameters: dict[str, Any]) -> Any:
        answer = make()
        if lost:
            return answer
        lost.append(True)
        return answer_lost(lambda: answer, parameters)

    with disturbed("UpdateItem", profile_writes(lose_one_success)):
        answer = upload(ann, picture())
    assert answer.status == 200
    assert objects() == {answer.json["avatar"].removeprefix("http://localhost:8000/")}


def test_a_profile_that_can_not_be_written_leaves_no_picture(ann: Member) -> None:
    before = upload(ann, picture()).json["avatar"]
    with disturbed("UpdateItem", profile_writes(refused)):
        assert_problem(upload(ann, picture()), 503, "service_unavailable")
    assert profile(ann.access).json["avatar"] == before
    assert objects() == {before.removeprefix("http://localhost:8000/")}


def test_when_nobody_knows_whether_it_was_written_the_picture_stays(ann: Member) -> None:
    """A picture too many is better than a profile that points to none."""
    with disturbed("UpdateItem", profile_writes(answer_lost)), disturbed("GetItem", refused):
        assert_problem(upload(ann, picture()), 503, "service_unavailable")
    shown = profile(ann.access).json["avatar"]
    assert objects() == {shown.removeprefix("http://localhost:8000/")}


@pytest.mark.parametrize("failure", [refused, answer_lost])
def test_when_the_bucket_fails_nothing_changes(failure: Any, ann: Member) -> None:
    with disturbed("PutObject", failure):
        answer = upload(ann, picture(), bio="x")
        assert_problem(answer, 503, "service_unavailable")
    assert profile(ann.access).json["avatar"] is None
    assert profile(ann.access).json["bio"] == ""
    assert objects() == set()


def test_an_old_picture_that_can_not_be_removed_is_logged_only(
    ann: Member, caplog: pytest.LogCaptureFixture
) -> None:
    upload(ann, picture())

    def denied(_: Any, __: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteObject")

    with disturbed("DeleteObject", denied):
        assert upload(ann, picture()).status == 200
    assert len(objects()) == 2
    assert "could not be removed" in caplog.text


def test_an_address_without_a_picture_needs_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "public_url", None)
    assert avatars.url(None) is None
