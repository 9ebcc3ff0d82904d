"""What each route asks of the table: which requests, and whether its role allows them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gatherhub.voting import ending
from tests.integration.voting.support import (
    EVENT,
    MAKER,
    MEMBER,
    a_party,
    cast,
    close,
    create,
    created,
    delete,
    listed,
    results,
    show,
)
from tests.memory_table import MemoryTable
from tests.template import resources

RATE = "UpdateItem"
Act = Callable[[int], object]
Grant = tuple[str, str]
"""An action, and the beginning of the partitions on which it may be done."""

_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party()


def note_end(vote_id: int) -> None:
    ending.receive(f'{{"vote_id": {vote_id}, "end": "2040-01-01T12:00:00Z"}}')


ROUTES: list[tuple[str, Act, list[str]]] = [
    ("create", lambda _: create(), [RATE, "BatchGetItem", "TransactWriteItems"]),
    ("show", show, [RATE, "Query", "BatchGetItem"]),
    ("results", results, [RATE, "Query", "GetItem"]),
    (
        "cast",
        lambda vote_id: cast(vote_id, MEMBER, 1),
        [RATE, "GetItem", "BatchGetItem", "TransactWriteItems", "Query"],
    ),
    ("close", close, [RATE, "GetItem", "GetItem", "TransactWriteItems"]),
    ("delete", delete, [RATE, "GetItem", "GetItem", "TransactWriteItems"]),
    # Months, hours, rows, and all that a page shows of them.
    ("list", lambda _: listed(), [RATE, "Query", "Query", "Query", "BatchGetItem"]),
    # Side by side: months, and the present month with the rows of the present hour.
    (
        "list active",
        lambda _: listed("?status=active"),
        [RATE, "Query", "Query", "Query", "Query", "Query", "BatchGetItem"],
    ),
    # Nothing has ended: the first step knows.
    ("list ended", lambda _: listed("?status=ended"), [RATE, "Query", "Query", "Query"]),
    ("list of event", lambda _: listed(f"?event={EVENT}"), [RATE, "Query", "BatchGetItem"]),
    ("list of creator", lambda _: listed(f"?creator={MAKER}"), [RATE, "Query", "BatchGetItem"]),
]


@pytest.mark.parametrize(("act", "requests"), [r[1:] for r in ROUTES], ids=[r[0] for r in ROUTES])
def test_requests(act: Act, requests: list[str], table: MemoryTable) -> None:
    vote_id = created()
    table.requests.clear()
    act(vote_id)
    assert [name for name, _ in table.requests] == requests


def test_noting_an_end_is_a_read_and_a_transaction(
    table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    vote_id = created()
    monkeypatch.setattr(ending.Due, "seconds_left", lambda _: 0.0)
    table.requests.clear()
    note_end(vote_id)
    assert [name for name, _ in table.requests] == ["GetItem", "TransactWriteItems"]
    note_end(vote_id)
    assert [name for name, _ in table.requests][2:] == ["GetItem"]


@pytest.mark.parametrize("participants", [1, 800])
def test_how_much_is_written(table: MemoryTable, participants: int) -> None:
    """A transaction costs two write units for each item of up to a kilobyte."""
    a_party(participants=participants)
    shards = 1 if participants == 1 else 16
    sizes: dict[str, list[int]] = {}

    def actions(name: str, act: Callable[[], object]) -> None:
        start = len(table.requests)
        act()
        sizes[name] = [
            len(body["items"])
            for operation, body in table.requests[start:]
            if operation == "TransactWriteItems"
        ]

    actions("create", create)
    vote_id, open_ended = created(), created(ends_at=None)
    actions("cast", lambda: cast(vote_id, MEMBER, 1))
    actions("close", lambda: close(open_ended))
    actions("delete", lambda: delete(vote_id))
    assert sizes == {
        "create": [7 + shards],
        "cast": [3],
        "close": [10 + shards],
        "delete": [6 + shards],
    }


def list_all_ways(_: int) -> None:
    for query in ("", "?status=active", f"?event={EVENT}", f"?creator={MAKER}"):
        listed(query)


def look_for_ends(_: int) -> None:
    ending.schedule()


USES: dict[str, Act] = {
    "ListVotes": list_all_ways,
    "CreateVote": lambda _: create(),
    "GetVote": show,
    "CastVote": lambda vote_id: cast(vote_id, MEMBER, 1),
    "VoteResults": results,
    "CloseVote": close,
    "DeleteVote": delete,
    "ScheduleClosing": look_for_ends,
    "CloseDue": note_end,
}


@pytest.mark.parametrize("function", USES)
def test_a_role_allows_what_its_function_does_and_no_more(
    table: MemoryTable, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending.Due, "seconds_left", lambda _: 0.0)
    vote_id = created()
    start = len(table.requests)
    USES[function](vote_id)
    used = {grant for request in table.requests[start:] for grant in needed(*request)}
    assert used == set(granted(function))


def granted(function: str) -> Iterator[Grant]:
    properties = resources("AWS::Serverless::Function")[f"{function}Function"]
    for statement in properties["Policies"][0]["Statement"]:
        service, action = statement["Action"].split(":")
        if service == "dynamodb":
            for prefix in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]:
                yield action, prefix.removesuffix("#*")


def needed(operation: str, request: dict[str, Any]) -> Iterator[Grant]:
    if operation == "Query":
        yield operation, beginning(request["values"][":pk"])
    elif operation == "BatchGetItem":
        for wanted in request["RequestItems"].values():
            yield from ((operation, beginning(key["pk"])) for key in wanted["Keys"])
    elif operation == "TransactWriteItems":
        for action in request["items"]:
            ((kind, body),) = action.items()
            key = body.get("Key") or body["Item"]
            yield _IN_TRANSACTIONS[kind], beginning(key["pk"])
    else:
        yield operation, beginning((request.get("Key") or request["Item"])["pk"])


def beginning(partition: dict[str, str]) -> str:
    return partition["S"].partition("#")[0]
