"""How many requests each route makes to AWS, in order; the first counts the request of the client.

Loading the token secret, once in a container's life, is left out.
"""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.integration.accounts.support import (
    Member,
    disturbed,
    login,
    logout,
    member,
    profile,
    refresh,
    refused,
    register,
    update,
)


def picture() -> dict[str, Any]:
    output = io.BytesIO()
    Image.new("RGB", (4, 4)).save(output, "PNG")
    head = b'--xx\r\nContent-Disposition: form-data; name="avatar"; filename="a"\r\n\r\n'
    return {
        "raw": head + output.getvalue() + b"\r\n--xx--",
        "headers": {"Content-Type": "multipart/form-data; boundary=xx"},
    }


@pytest.fixture
def ann() -> Member:
    return member("ann")


ROUTES: list[tuple[str, Callable[[Member], object], list[str]]] = [
    ("register", lambda _: register("bob"), ["UpdateItem", "TransactWriteItems"]),
    (
        "login",
        lambda _: login(),
        ["UpdateItem", "BatchGetItem", "UpdateItem", "GetItem", "TransactWriteItems"],
    ),
    (
        "failed login",
        lambda _: login(password="wrong"),
        ["UpdateItem", "BatchGetItem", "UpdateItem", "GetItem"],
    ),
    ("refresh", lambda ann: refresh(ann.refresh), ["UpdateItem", "TransactWriteItems"]),
    ("logout", lambda ann: logout(ann.access, ann.refresh), ["UpdateItem", "UpdateItem"]),
    ("profile", lambda ann: profile(ann.access), ["UpdateItem", "GetItem"]),
    ("text", lambda ann: update(ann.access, body={"bio": "x"}), ["UpdateItem", "UpdateItem"]),
    (
        "first avatar",
        lambda ann: update(ann.access, **picture()),
        ["UpdateItem", "PutObject", "UpdateItem"],
    ),
]


@pytest.mark.parametrize(("act", "requests"), [r[1:] for r in ROUTES], ids=[r[0] for r in ROUTES])
def test_requests(act: Callable[[Member], object], requests: list[str], ann: Member) -> None:
    with disturbed("", refused) as made:
        act(ann)
    assert made == requests


def test_requests_of_a_new_avatar(ann: Member) -> None:
    update(ann.access, **picture())
    with disturbed("", refused) as made:
        update(ann.access, **picture())
    assert made == ["UpdateItem", "PutObject", "UpdateItem", "UpdateItem", "DeleteObject"]
