from typing import Any

from gatherhub.accounts.people import UNKNOWN, Person, embed
from gatherhub.table import keys
from gatherhub.table.writes import Put, write


def account(user_id: int, **attributes: Any) -> None:
    item = {keys.KIND: "user", "id": user_id, "username": f"user{user_id}", "avatar": None}
    write(Put(keys.user(user_id), {**item, "first_name": "A", "last_name": "B", **attributes}))


def test_people_are_embedded_with_their_public_fields_only() -> None:
    account(7, avatar="media/avatars/x.webp", password_hash="$argon2id$...", email="a@b.org")
    account(8)
    people = embed([7, 8, 7])
    assert people == {
        7: Person(
            id=7,
            username="user7",
            first_name="A",
            last_name="B",
            avatar="http://localhost:8000/media/avatars/x.webp",
        ),
        8: Person(id=8, username="user8", first_name="A", last_name="B", avatar=None),
    }


def test_a_missing_account_is_a_placeholder() -> None:
    assert embed([9])[9] == Person(id=9, username=UNKNOWN, first_name="", last_name="", avatar=None)


def test_nobody_costs_nothing() -> None:
    assert embed([]) == {}
