"""Every operation by everyone: who may do what is a table, and the routes are held to it."""

from collections.abc import Callable

import pytest

from tests.http import Answer
from tests.integration.tasks import support
from tests.integration.tasks.support import (
    ASSIGNEE,
    CREATOR,
    GUEST,
    HOST,
    STRANGER,
    assign,
    complete,
    create,
    delete,
    listed,
    show,
    update,
)
from tests.memory_table import MemoryTable

ROLES = {
    "anonymous": None,
    "stranger": STRANGER,
    "participant": GUEST,
    "assignee": ASSIGNEE,  # takes no part in the event
    "task creator": CREATOR,
    "event creator": HOST,
}
Do = Callable[[str | None, int, int], Answer]
OPERATIONS: dict[str, tuple[Do, int, set[str]]] = {
    "list": (lambda token, _, __: listed(token), 200, {*ROLES} - {"anonymous"}),
    "get": (lambda token, _, task: show(token, task), 200, {*ROLES} - {"anonymous"}),
    "create": (
        lambda token, event, _: create(token, event),
        201,
        {"participant", "task creator", "event creator"},
    ),
    "put": (
        lambda token, _, task: update(token, task, title="x"),
        200,
        {"assignee", "task creator"},
    ),
    "patch": (
        lambda token, _, task: update(token, task, "PATCH", status="completed"),
        200,
        {"assignee", "task creator"},
    ),
    "assign": (
        lambda token, _, task: assign(token, task, assignee=GUEST),
        200,
        {"task creator", "event creator"},
    ),
    "unassign": (
        lambda token, _, task: assign(token, task, assignee=None),
        200,
        {"task creator", "event creator"},
    ),
    "complete": (lambda token, _, task: complete(token, task), 200, {"assignee", "task creator"}),
    "delete": (
        lambda token, _, task: delete(token, task),
        204,
        {"task creator", "event creator"},
    ),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_everyone_may_do_what_the_contract_says(
    table: MemoryTable, operation: str, role: str
) -> None:
    tokens = support.people()
    event_id = support.event(tokens[HOST])
    task_id = create(tokens[CREATOR], event_id, assignee=ASSIGNEE).json["id"]
    stored = support.belonging(table)
    do, success, allowed = OPERATIONS[operation]
    user_id = ROLES[role]
    answer = do(tokens[user_id] if user_id else None, event_id, task_id)
    if role in allowed:
        assert answer.status == success
        return
    expected = (403, "permission_denied") if user_id else (401, "not_authenticated")
    assert (answer.status, answer.json["error"]) == expected
    assert support.belonging(table) == stored


def test_whoever_is_not_the_assignee_any_more_may_not_complete(table: MemoryTable) -> None:
    tokens = support.people()
    task_id = create(tokens[CREATOR], support.event(tokens[HOST]), assignee=ASSIGNEE).json["id"]
    assign(tokens[HOST], task_id, assignee=GUEST)
    assert complete(tokens[ASSIGNEE], task_id).status == 403
    assert complete(tokens[GUEST], task_id).status == 200


def test_nobody_is_the_assignee_of_an_unassigned_task(table: MemoryTable) -> None:
    tokens = support.people()
    task_id = create(tokens[CREATOR], support.event(tokens[HOST])).json["id"]
    assert complete(tokens[ASSIGNEE], task_id).status == 403
    assert complete(tokens[HOST], task_id).status == 403
