"""Every operation as everybody, against the roles that its route declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from gatherhub import clock
from gatherhub.http.api import Access
from gatherhub.http.roles import Role
from tests.http import Answer, call, handler
from tests.memory_table import MemoryTable
from tests.people import person

ORGANISER, AUTHOR, PARTICIPANT, ASSIGNEE, STRANGER = range(21, 26)
# Who creates something in an event takes part in it, and so does the event's creator.
ROLES = {
    "organiser": {Role.ORGANISER, Role.PARTICIPANT},
    "author": {Role.AUTHOR, Role.PARTICIPANT},
    "participant": {Role.PARTICIPANT},
    "assignee": {Role.ASSIGNEE},
    "stranger": set[Role](),
}
USERS = {
    "organiser": ORGANISER,
    "author": AUTHOR,
    "participant": PARTICIPANT,
    "assignee": ASSIGNEE,
    "stranger": STRANGER,
}

EVENT = "/api/v1/events/{event}/"
TASK = "/api/v1/tasks/{task}/"
VOTE = "/api/v1/voting/{vote}/"


@dataclass(frozen=True)
class Operation:
    """One route; `otherwise` has the statuses that the contract gives for another reason."""

    function: str
    method: str
    path: str
    body: str = ""
    otherwise: tuple[tuple[str, int], ...] = ()


NEW_TASK = '{{"title": "Bread", "event": {event}}}'
NEW_VOTE = '{{"title": "When", "event": {event}, "options": [{{"text": "a"}}, {{"text": "b"}}]}}'
ALREADY = (("organiser", 400), ("author", 400), ("participant", 400))
NOT_IN = (("organiser", 403), ("assignee", 400), ("stranger", 400))

OPERATIONS = [
    Operation("events.list_events", "GET", "/api/v1/events/"),
    Operation(
        "events.create_event", "POST", "/api/v1/events/", '{{"title": "x", "date": "{now}"}}'
    ),
    Operation("events.get_event", "GET", EVENT),
    Operation("events.update_event", "PUT", EVENT, '{{"title": "y"}}'),
    Operation("events.update_event", "PATCH", EVENT, '{{"title": "y"}}'),
    Operation("events.delete_event", "DELETE", EVENT),
    Operation("events.join_event", "POST", EVENT + "join/", otherwise=ALREADY),
    Operation("events.leave_event", "POST", EVENT + "leave/", otherwise=NOT_IN),
    Operation("tasks.list_tasks", "GET", "/api/v1/tasks/"),
    Operation("tasks.create_task", "POST", "/api/v1/tasks/", NEW_TASK),
    Operation("tasks.get_task", "GET", TASK),
    Operation("tasks.update_task", "PUT", TASK, '{{"title": "y"}}'),
    Operation("tasks.update_task", "PATCH", TASK, '{{"title": "y"}}'),
    Operation("tasks.delete_task", "DELETE", TASK),
    Operation("tasks.assign_task", "POST", TASK + "assign/", '{{"assignee": null}}'),
    Operation("tasks.complete_task", "POST", TASK + "complete/"),
    Operation("voting.list_votes", "GET", "/api/v1/voting/"),
    Operation("voting.create_vote", "POST", "/api/v1/voting/", NEW_VOTE),
    Operation("voting.get_vote", "GET", VOTE),
    Operation("voting.cast_vote", "POST", VOTE + "vote/", '{{"options": [1]}}'),
    Operation("voting.vote_results", "GET", VOTE + "results/"),
    Operation("voting.close_vote", "POST", VOTE + "close/"),
    Operation("voting.delete_vote", "DELETE", VOTE),
]


@pytest.fixture
def scene() -> Iterator[dict[str, object]]:
    """An event with a task and a vote, and somebody in every role."""
    with MemoryTable().installed():
        tokens = {name: person(user) for name, user in USERS.items()}
        date = clock.to_text(clock.now() + timedelta(days=1))
        event = send("events.create_event", "/api/v1/events/", tokens["organiser"], date=date)
        for name in ("author", "participant"):
            join = EVENT.format(event=event) + "join/"
            assert call("events.join_event", "POST", join, token=tokens[name]).status == 200
        author = tokens["author"]
        task = send("tasks.create_task", "/api/v1/tasks/", author, event=event, assignee=ASSIGNEE)
        options = [{"text": "a"}, {"text": "b"}]
        vote = send("voting.create_vote", "/api/v1/voting/", author, event=event, options=options)
        yield {"event": event, "task": task, "vote": vote, "now": date, **tokens}


def send(function: str, path: str, token: str, **body: object) -> int:
    answer = call(function, "POST", path, token=token, body={"title": "x", **body})
    assert answer.status == 201, answer.text
    created: int = answer.json["id"]
    return created


def perform(operation: Operation, scene: dict[str, object], token: str | None) -> Answer:
    path = operation.path.format(**scene)
    raw = operation.body.format(**scene) or None
    headers = {"Content-Type": "application/json"} if raw else {}
    return call(operation.function, operation.method, path, token=token, raw=raw, headers=headers)


def name(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("who", USERS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_a_role_may_do_what_the_route_declares(
    operation: Operation, who: str, scene: dict[str, object]
) -> None:
    declared = set(getattr(handler(operation.function), "roles"))  # noqa: B009
    answer = perform(operation, scene, str(scene[who]))
    expected = dict(operation.otherwise).get(who)
    if expected is not None:
        assert answer.status == expected, answer.text
    elif declared and not declared & ROLES[who]:
        assert answer.status == 403, answer.text
        assert answer.json["error"] == "permission_denied"
    else:
        assert answer.status in {200, 201, 204}, answer.text


@pytest.mark.parametrize("operation", OPERATIONS, ids=name)
def test_nobody_is_served_without_a_token(operation: Operation, scene: dict[str, object]) -> None:
    answer = perform(operation, scene, None)
    assert answer.status == 401
    assert answer.json["error"] == "not_authenticated"


def test_the_matrix_has_every_operation() -> None:
    from tools.openapi import apis  # noqa: PLC0415

    declared = {
        (route.method, route.path)
        for api in apis()
        if api.access is Access.SIGNED_IN
        for route in api._static_routes + api._dynamic_routes
        if "/auth/" not in route.path
    }
    tried = {
        (operation.method, operation.path.replace("{", "<").replace("}", "_id>"))
        for operation in OPERATIONS
    }
    assert tried == declared
