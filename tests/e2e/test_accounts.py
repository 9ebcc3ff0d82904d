"""Accounts under the roles that the template grants, and under many requests at the same time."""

import io
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from PIL import Image

AUTH = "/api/v1/auth"
PASSWORD = "correct horse 7"
MANY = 16
AT_ONCE = 6  # each is a worker of its own in the emulator, which takes seconds to start


def someone() -> dict[str, str]:
    name = f"ann{uuid.uuid4().hex[:12]}"
    return {"username": name, "email": f"{name}@example.org", "password": PASSWORD}


def at_once(act: Callable[[], httpx.Response]) -> Counter[int]:
    """Do something many times at the same time and count the statuses of the answers."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(act) for _ in range(MANY)]
        return Counter(answer.result().status_code for answer in answers)


@pytest.fixture
def ann(http: httpx.Client) -> dict[str, Any]:
    account = someone()
    answer = http.post(f"{AUTH}/register/", json=account)
    assert answer.status_code == 201, answer.text
    return {**account, **answer.json()}


def bearer(account: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {account['access']}"}


def test_an_account_from_registration_to_logout(http: httpx.Client, ann: dict[str, Any]) -> None:
    login = http.post(f"{AUTH}/login", json={"username": ann["email"], "password": PASSWORD})
    assert login.status_code == 200, login.text
    fresh = http.post(f"{AUTH}/refresh/", json={"refresh": login.json()["refresh"]})
    assert fresh.status_code == 200, fresh.text
    assert http.get(f"{AUTH}/profile/", headers=bearer(ann)).json()["last_login"]
    out = http.post(
        f"{AUTH}/logout/", headers=bearer(ann), json={"refresh": fresh.json()["refresh"]}
    )
    assert out.json() == {"message": "Successfully logged out"}
    again = http.post(f"{AUTH}/refresh/", json={"refresh": fresh.json()["refresh"]})
    assert again.json()["error"] == "token_invalid"
    reused = http.post(f"{AUTH}/refresh/", json={"refresh": login.json()["refresh"]})
    assert reused.json()["error"] == "token_invalid"


def test_an_avatar_is_loaded_without_credentials(http: httpx.Client, ann: dict[str, Any]) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (2_000, 1_000), "red").save(picture, "JPEG")
    urls = []
    for method in ("PUT", "PATCH"):
        answer = http.request(
            method,
            f"{AUTH}/profile/",
            headers=bearer(ann),
            data={"bio": method},
            files={"avatar": ("me.jpg", picture.getvalue())},
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["bio"] == method
        urls.append(answer.json()["avatar"])
    loaded = httpx.get(urls[1])
    assert loaded.status_code == 200
    assert loaded.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(loaded.content)).size == (512, 256)
    assert httpx.get(urls[0]).status_code != 200
    removed = http.put(f"{AUTH}/profile/", headers=bearer(ann), json={"avatar": None})
    assert removed.json()["avatar"] is None
    assert httpx.get(urls[1]).status_code != 200


def test_many_who_want_one_name(http: httpx.Client) -> None:
    account = someone()
    statuses = at_once(lambda: http.post(f"{AUTH}/register/", json=account))
    assert statuses == {201: 1, 409: MANY - 1}


def test_many_uses_of_one_refresh_token(http: httpx.Client, ann: dict[str, Any]) -> None:
    body = {"refresh": ann["refresh"]}
    assert at_once(lambda: http.post(f"{AUTH}/refresh/", json=body)) == {200: 1, 401: MANY - 1}


def test_many_logins_of_one_account(http: httpx.Client, ann: dict[str, Any]) -> None:
    body = {"username": ann["username"], "password": PASSWORD}
    assert at_once(lambda: http.post(f"{AUTH}/login/", json=body)) == {200: MANY}


def test_many_guesses_of_one_password(http: httpx.Client, ann: dict[str, Any]) -> None:
    names = iter([ann["username"], ann["email"]] * MANY)
    statuses = at_once(
        lambda: http.post(f"{AUTH}/login/", json={"username": next(names), "password": "wrong"})
    )
    assert statuses == {400: 10, 429: MANY - 10}
