"""The roles of the template against what the routes ask of the table: enough, and no more."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    GUEST,
    HOST,
    assign,
    complete,
    create,
    delete,
    listed,
    show,
    update,
)
from tests.memory_table import MemoryTable
from tests.template import resources

Grant = tuple[str, str]
"""An action, and the beginning of the partitions on which it may be done."""

_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


def use_create(token: str, event_id: int, _: int) -> None:
    create(token, event_id, assignee=ASSIGNEE, due_date="2030-01-01T00:00:00Z")


def use_update(token: str, _: int, task_id: int) -> None:
    update(token, task_id, title="x", status="in_progress", assignee=GUEST, due_date=None)


def use_list(token: str, event_id: int, _: int) -> None:
    listed(token)
    listed(token, event=event_id)


USES: dict[str, Callable[[str, int, int], Any]] = {
    "ListTasks": use_list,
    "CreateTask": use_create,
    "GetTask": lambda token, _, task_id: show(token, task_id),
    "UpdateTask": use_update,
    "DeleteTask": lambda token, _, task_id: delete(token, task_id),
    "AssignTask": lambda token, _, task_id: assign(token, task_id, assignee=GUEST),
    "CompleteTask": lambda token, _, task_id: complete(token, task_id),
}


@pytest.mark.parametrize("function", USES)
def test_a_role_allows_what_its_route_does_and_no_more(table: MemoryTable, function: str) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    due = "2030-01-01T00:00:00Z"
    task_id = create(tokens[CREATOR], event_id, assignee=ASSIGNEE, due_date=due).json["id"]
    start = len(table.requests)
    USES[function](tokens[CREATOR], event_id, task_id)
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
