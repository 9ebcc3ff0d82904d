"""What the tests of accounts share: people, their tokens, and a store that can be disturbed."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError
from PIL import Image

from gatherhub import clock
from gatherhub.table import keys
from gatherhub.table.items import Item
from gatherhub.table.reads import get
from gatherhub.table.writes import Update, write
from tests.http import Answer, call

AUTH = "/api/v1/auth"
PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Member:
    """Somebody who has registered."""

    id: int
    access: str
    refresh: str


def register(name: str = "ann", **fields: Any) -> Answer:
    body = {
        "username": name,
        "email": f"{name}@example.org",
        "password": PASSWORD,
        **fields,
    }
    return call("auth.register", "POST", f"{AUTH}/register/", body=body)


def member(name: str = "ann", **fields: Any) -> Member:
    answer = register(name, **fields)
    assert answer.status == 201, answer.text
    return Member(answer.json["user"]["id"], answer.json["access"], answer.json["refresh"])


def login(username: str = "ann", password: str = PASSWORD) -> Answer:
    body = {"username": username, "password": password}
    return call("auth.login", "POST", f"{AUTH}/login/", body=body)


def refresh(token: object) -> Answer:
    return call("auth.refresh", "POST", f"{AUTH}/refresh/", body={"refresh": token})


def logout(access: str, token: object) -> Answer:
    body = {"refresh": token}
    return call("auth.logout", "POST", f"{AUTH}/logout/", token=access, body=body)


def profile(access: str) -> Answer:
    return call("auth.get_profile", "GET", f"{AUTH}/profile/", token=access)


def update(access: str, method: str = "PUT", **request: Any) -> Answer:
    return call("auth.update_profile", method, f"{AUTH}/profile/", token=access, **request)


def picture() -> dict[str, Any]:
    output = io.BytesIO()
    Image.new("RGB", (4, 4)).save(output, "PNG")
    head = b'--xx\r\nContent-Disposition: form-data; name="avatar"; filename="a"\r\n\r\n'
    return {
        "raw": head + output.getvalue() + b"\r\n--xx--",
        "headers": {"Content-Type": "multipart/form-data; boundary=xx"},
    }


def stored(user_id: int) -> Item:
    item = get(keys.user(user_id))
    assert item is not None
    return item


def set_disabled(user_id: int, *, disabled: bool = True) -> None:
    write(Update(keys.user(user_id), assign={"disabled": disabled}))


def assert_problem(answer: Answer, status: int, error: str, *fields: str) -> None:
    """Check the whole error format of the contract."""
    assert (answer.status, answer.json["error"]) == (status, error), answer.text
    assert set(answer.json) == {"error", "message", "details", "timestamp"}
    assert answer.json["message"]
    clock.from_text(answer.json["timestamp"])
    if fields:
        assert set(answer.json["details"]) == set(fields)
        assert all(answer.json["details"].values())
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert answer.headers["content-type"] == "application/json"
    assert PASSWORD not in json.dumps(answer.json)


Call = Callable[[], Any]


@contextmanager
def disturbed(
    operation: str, disturb: Callable[[Call, dict[str, Any]], Any]
) -> Iterator[list[str]]:
    """Put `disturb(call, parameters)` in the place of one operation; yields all operations made."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]
    made: list[str] = []

    def make(client: Any, name: str, parameters: dict[str, Any]) -> Any:
        made.append(name)
        if name != operation:
            return real(client, name, parameters)
        return disturb(lambda: real(client, name, parameters), parameters)

    with patch.object(BaseClient, "_make_api_call", make):
        yield made


def answer_lost(call: Call, _: dict[str, Any]) -> Any:
    """Do the work, then fail as when the connection breaks and no retry gets through."""
    call()
    raise ReadTimeoutError(endpoint_url="https://dynamodb")


def repeated(call: Call, _: dict[str, Any]) -> Any:
    """Do the work twice, as the SDK does when the first answer gets lost."""
    call()
    return call()


def refused(_: Call, __: dict[str, Any]) -> Any:
    """Fail without doing the work."""
    raise ReadTimeoutError(endpoint_url="https://dynamodb")
