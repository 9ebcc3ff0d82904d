"""docs/access-patterns.md against the requests that the handlers really make.

A row of the document and a scenario here belong together by their name, written alike in both: a
route with its query, or what invokes a function and its module, and then in words what is special.
A scenario prepares a table and returns the call whose requests are compared; test_roles.py makes
the same calls to see that each role allows what its function does.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.http.routes import ROUTES
from gatherhub.realtime import deadlines
from gatherhub.realtime.audiences import Subscription, Topic
from gatherhub.realtime.connections import LIFETIME, Connection, open_connection
from gatherhub.realtime.slices import Group, Posting, Slice
from gatherhub.table import keys
from gatherhub.table.writes import Put, write
from gatherhub.voting import store
from gatherhub.voting.ending import Due
from gatherhub.voting.entities import Option, Vote
from tests import sockets
from tests.http import call, handler
from tests.integration.accounts import support as accounts
from tests.integration.events import support as events
from tests.integration.tasks import support as tasks
from tests.integration.voting import support as voting
from tests.people import person
from tests.recording import RecordingTable
from tests.template import ROOT, function_of_module, function_of_route, resources

DOCUMENT = ROOT / "docs" / "access-patterns.md"
MAIN_LISTS = {
    "GET /api/v1/events/",
    "GET /api/v1/events/?status=&date_from=&date_to=",
    "GET /api/v1/tasks/",
    "GET /api/v1/tasks/?status=",
    "GET /api/v1/voting/",
    "GET /api/v1/voting/?status=",
}
MOST_STEPS_OF_A_LIST = 4  # and the rate limit's

Call = Callable[[], object]
SCENARIOS: dict[str, Callable[[RecordingTable], Call]] = {}


def scenario(name: str) -> Callable[[Callable[[RecordingTable], Call]], None]:
    """Name what a function prepares, as the document does."""
    return lambda prepare: SCENARIOS.__setitem__(name, prepare)


def documented() -> dict[str, str]:
    """Return the requests that the document names, by the names of the scenarios."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return {name: requests.strip() for name, requests in rows}


def route_of(name: str) -> tuple[str, str]:
    """Return the method and the path of a scenario."""
    method, path = name.split()[:2]
    return method, path.partition("?")[0]


def function_of(name: str) -> str:
    """Return the logical id of the function that a scenario calls."""
    source, _, module = name.partition(": ")
    if module:
        return function_of_module(module.split()[0])
    method, path = route_of(source)
    return function_of_route(method, path.rstrip("/"))


@pytest.mark.parametrize("name", sorted(documented()))
def test_a_call_makes_the_requests_that_are_documented(
    name: str, recording: RecordingTable
) -> None:
    assert recording.requests_of(SCENARIOS[name](recording)) == documented()[name]


def test_every_scenario_has_a_row() -> None:
    assert SCENARIOS.keys() == documented().keys()


def test_every_route_has_a_row() -> None:
    routes = {(method, path) for path, methods in ROUTES.items() for method in methods}
    rows = {route_of(name) for name in documented() if ": " not in name}
    assert {(method, re.sub(r"\{(\w+)\}", r"<\1>", path)) for method, path in rows} == routes


def test_every_function_has_a_row() -> None:
    assert {function_of(name) for name in documented()} == set(
        resources("AWS::Serverless::Function")
    )


def test_no_page_of_a_list_takes_more_than_four_steps() -> None:
    lists = {route_of(name) for name in MAIN_LISTS}
    pages = {name for name in documented() if ": " not in name and route_of(name) in lists}
    assert pages > MAIN_LISTS
    assert all(len(documented()[name].split(" → ")) <= 1 + MOST_STEPS_OF_A_LIST for name in pages)


def test_a_page_of_a_main_list_is_found_by_its_counters() -> None:
    assert all("COUNT#" in documented()[name] for name in MAIN_LISTS)


# ---- accounts ------------------------------------------------------------------------------------


@scenario("POST /api/v1/auth/register/")
def _(_: RecordingTable) -> Call:
    return accounts.register


@scenario("POST /api/v1/auth/login/")
def _(_: RecordingTable) -> Call:
    accounts.register()
    return accounts.login


@scenario("POST /api/v1/auth/login/ with a wrong password")
def _(_: RecordingTable) -> Call:
    accounts.register()
    return lambda: accounts.login(password="wrong")


@scenario("POST /api/v1/auth/refresh/")
def _(_: RecordingTable) -> Call:
    member = accounts.member()
    return lambda: accounts.refresh(member.refresh)


@scenario("POST /api/v1/auth/logout/")
def _(_: RecordingTable) -> Call:
    member = accounts.member()
    return lambda: accounts.logout(member.access, member.refresh)


@scenario("GET /api/v1/auth/profile/")
def _(_: RecordingTable) -> Call:
    token = accounts.member().access
    return lambda: call("auth.get_profile", "GET", f"{accounts.AUTH}/profile/", token=token)


def _update_profile(method: str) -> Call:
    token, path = accounts.member().access, f"{accounts.AUTH}/profile/"
    return lambda: call("auth.update_profile", method, path, body={"bio": "Hello"}, token=token)


@scenario("PUT /api/v1/auth/profile/")
def _(_: RecordingTable) -> Call:
    return _update_profile("PUT")


@scenario("PATCH /api/v1/auth/profile/")
def _(_: RecordingTable) -> Call:
    return _update_profile("PATCH")


@scenario("PATCH /api/v1/auth/profile/ with nothing")
def _(_: RecordingTable) -> Call:
    token = accounts.member().access
    return lambda: accounts.update(token, "PATCH", body={})


@scenario("PATCH /api/v1/auth/profile/ with the first avatar")
def _(_: RecordingTable) -> Call:
    token = accounts.member().access
    return lambda: accounts.update(token, "PATCH", **accounts.picture())


@scenario("PATCH /api/v1/auth/profile/ with another avatar")
def _(_: RecordingTable) -> Call:
    token = accounts.member().access
    accounts.update(token, "PATCH", **accounts.picture())
    return lambda: accounts.update(token, "PATCH", **accounts.picture())


# ---- events --------------------------------------------------------------------------------------


def _find(**query: object) -> Call:
    """Prepare events of many months, of which some lie in none that an edge of a range touches."""
    token = person(events.ANNA)
    for year in range(2000, 2060):
        events.created(token, date=f"{year}-07-01T12:00:00Z")
    return lambda: events.find(token, page=2, page_size=5, **query)


@scenario("GET /api/v1/events/")
def _(_: RecordingTable) -> Call:
    return _find()


@scenario("GET /api/v1/events/?status=&date_from=&date_to=")
def _(_: RecordingTable) -> Call:
    return _find(status="completed", date_from="2001-01-01", date_to="2024-06-30")


@scenario("GET /api/v1/events/?creator=")
def _(_: RecordingTable) -> Call:
    return _find(creator=events.ANNA, status="upcoming")


@scenario("GET /api/v1/events/?search=")
def _(_: RecordingTable) -> Call:
    return _find(search="pic", creator=events.ANNA, status="upcoming")


@scenario("POST /api/v1/events/")
def _(_: RecordingTable) -> Call:
    token = person(events.ANNA)
    return lambda: events.create(token)


@scenario("GET /api/v1/events/{event_id}/")
def _(_: RecordingTable) -> Call:
    token = person(events.ANNA)
    event = events.created(token)
    return lambda: events.show(token, event)


def _update(method: str) -> Call:
    token = person(events.ANNA)
    event = events.created(token)
    fields = {"title": "Dinner", "date": "2031-01-01T00:00:00Z"}
    return lambda: events.update(token, event, method, **fields)


@scenario("PUT /api/v1/events/{event_id}/")
def _(_: RecordingTable) -> Call:
    return _update("PUT")


@scenario("PATCH /api/v1/events/{event_id}/")
def _(_: RecordingTable) -> Call:
    return _update("PATCH")


@scenario("DELETE /api/v1/events/{event_id}/")
def _(_: RecordingTable) -> Call:
    token = person(events.ANNA)
    event = events.created(token)
    return lambda: events.delete(token, event)


@scenario("POST /api/v1/events/{event_id}/join/")
def _(_: RecordingTable) -> Call:
    event = events.created(person(events.ANNA))
    token = person(events.BEN)
    return lambda: events.join(token, event)


@scenario("POST /api/v1/events/{event_id}/leave/")
def _(_: RecordingTable) -> Call:
    event = events.created(person(events.ANNA))
    token = person(events.BEN)
    events.join(token, event)
    return lambda: events.leave(token, event)


# ---- tasks ---------------------------------------------------------------------------------------


def _task() -> tuple[str, int]:
    """Prepare a task that is listed wherever one can be; return its creator's token and its id."""
    everybody = tasks.people()
    token = everybody[tasks.CREATOR]
    due = "2030-01-01T00:00:00Z"
    event = tasks.event(everybody[tasks.HOST])
    answer = tasks.create(token, event, assignee=tasks.ASSIGNEE, due_date=due)
    return token, int(answer.json["id"])


def _find_tasks(**query: object) -> Call:
    token = tasks.people()[tasks.HOST]
    event = tasks.event(token)
    for day in range(10, 30):
        tasks.create(token, event, assignee=tasks.ASSIGNEE, due_date=f"2030-01-{day}T00:00:00Z")
    narrowed = {"event": event} if "event" in query else {}
    return lambda: tasks.listed(token, page=2, page_size=5, **query | narrowed)


@scenario("GET /api/v1/tasks/")
def _(_: RecordingTable) -> Call:
    return _find_tasks()


@scenario("GET /api/v1/tasks/?status=")
def _(_: RecordingTable) -> Call:
    return _find_tasks(status="pending")


@scenario("GET /api/v1/tasks/?event=")
def _(_: RecordingTable) -> Call:
    return _find_tasks(event=None, assignee=tasks.ASSIGNEE, due_date_from="2030-01-01")


@scenario("GET /api/v1/tasks/?assignee=")
def _(_: RecordingTable) -> Call:
    return _find_tasks(assignee=tasks.ASSIGNEE, status="pending", due_date_from="2030-01-01")


@scenario("GET /api/v1/tasks/?due_date_from=&due_date_to=")
def _(_: RecordingTable) -> Call:
    return _find_tasks(due_date_from="2030-01-01", due_date_to="2030-02-01", status="pending")


@scenario("POST /api/v1/tasks/")
def _(_: RecordingTable) -> Call:
    everybody = tasks.people()
    event = tasks.event(everybody[tasks.HOST])
    fields = {"assignee": tasks.ASSIGNEE, "due_date": "2030-01-01T00:00:00Z"}
    return lambda: tasks.create(everybody[tasks.CREATOR], event, **fields)


@scenario("GET /api/v1/tasks/{task_id}/")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    return lambda: tasks.show(token, task)


def _update_task(method: str) -> Call:
    token, task = _task()
    fields = {"title": "x", "status": "in_progress", "assignee": tasks.GUEST, "due_date": None}
    return lambda: tasks.update(token, task, method, **fields)


@scenario("PUT /api/v1/tasks/{task_id}/")
def _(_: RecordingTable) -> Call:
    return _update_task("PUT")


@scenario("PATCH /api/v1/tasks/{task_id}/")
def _(_: RecordingTable) -> Call:
    return _update_task("PATCH")


@scenario("PATCH /api/v1/tasks/{task_id}/ with nothing new")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    return lambda: tasks.update(token, task, "PATCH", assignee=tasks.ASSIGNEE)


@scenario("DELETE /api/v1/tasks/{task_id}/")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    return lambda: tasks.delete(token, task)


@scenario("POST /api/v1/tasks/{task_id}/assign/")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    return lambda: tasks.assign(token, task, assignee=tasks.GUEST)


@scenario("POST /api/v1/tasks/{task_id}/complete/")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    return lambda: tasks.complete(token, task)


@scenario("POST /api/v1/tasks/{task_id}/complete/ once more")
def _(_: RecordingTable) -> Call:
    token, task = _task()
    tasks.complete(token, task)
    return lambda: tasks.complete(token, task)


# ---- votes ---------------------------------------------------------------------------------------


def _find_votes(query: str) -> Call:
    """Prepare votes that end in many months, of which the page needs none with the present."""
    voting.a_party()
    for year in range(2030, 2060):
        voting.created(ends_at=f"{year}-07-01T12:00:00Z")
    return lambda: voting.listed(f"?page=2&page_size=5{query}")


@scenario("GET /api/v1/voting/")
def _(_: RecordingTable) -> Call:
    return _find_votes("")


@scenario("GET /api/v1/voting/?status=")
def _(_: RecordingTable) -> Call:
    return _find_votes("&status=active")


@scenario("GET /api/v1/voting/?event=")
def _(_: RecordingTable) -> Call:
    return _find_votes(f"&event={voting.EVENT}&creator={voting.MAKER}&status=active")


@scenario("GET /api/v1/voting/?creator=")
def _(_: RecordingTable) -> Call:
    return _find_votes(f"&creator={voting.MAKER}&status=active")


@scenario("POST /api/v1/voting/")
def _(_: RecordingTable) -> Call:
    voting.a_party()
    return voting.create


@scenario("POST /api/v1/voting/ with an end within 150 s")
def _(_: RecordingTable) -> Call:
    voting.a_party()
    return lambda: voting.create(ends_at=events.text(60))


def _on_vote(act: Callable[[int], object]) -> Call:
    voting.a_party()
    vote = voting.created()
    return lambda: act(vote)


@scenario("GET /api/v1/voting/{vote_id}/")
def _(_: RecordingTable) -> Call:
    return _on_vote(voting.show)


@scenario("GET /api/v1/voting/{vote_id}/results/")
def _(_: RecordingTable) -> Call:
    return _on_vote(voting.results)


@scenario("POST /api/v1/voting/{vote_id}/vote/")
def _(_: RecordingTable) -> Call:
    return _on_vote(lambda vote: voting.cast(vote, voting.MEMBER, 1))


@scenario("POST /api/v1/voting/{vote_id}/close/")
def _(_: RecordingTable) -> Call:
    return _on_vote(voting.close)


@scenario("POST /api/v1/voting/{vote_id}/close/ after the end")
def _(_: RecordingTable) -> Call:
    voting.a_party()
    vote = _vote_that_ends(clock.now())
    return lambda: voting.close(vote.id)


@scenario("DELETE /api/v1/voting/{vote_id}/")
def _(_: RecordingTable) -> Call:
    return _on_vote(voting.delete)


def _vote_that_ends(moment: datetime, number: int = 7) -> Vote:
    """Store a vote with an end that no client could still ask for."""
    vote = Vote(
        id=number,
        event_id=voting.EVENT,
        creator_id=voting.MAKER,
        title="Dinner",
        description="",
        options=(Option(id=1, text="Pizza"), Option(id=2, text="Sushi")),
        ends_at=moment,
        multiple_choice=False,
        created_at=moment - timedelta(days=1),
        shards=2,
    )
    store.add(vote)
    return vote


@scenario("schedule: schedule_closing")
def _(_: RecordingTable) -> Call:
    voting.a_party()
    for number, seconds in enumerate((-60, 0, 60), 1):
        _vote_that_ends(clock.now() + timedelta(seconds=seconds), number)
    return lambda: handler("voting.schedule_closing")({}, SimpleNamespace())


def _noted_end() -> Call:
    voting.a_party()
    vote = _vote_that_ends(clock.now())
    body = Due(vote_id=vote.id, end=vote.end).model_dump_json()
    message = {"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}
    return lambda: handler("voting.close_due")({"Records": [message]}, SimpleNamespace())


@scenario("queue: close_due")
def _(_: RecordingTable) -> Call:
    return _noted_end()


@scenario("queue: close_due once more")
def _(_: RecordingTable) -> Call:
    note = _noted_end()
    note()
    return note


# ---- health --------------------------------------------------------------------------------------


@scenario("GET /health/")
def _(_: RecordingTable) -> Call:
    return lambda: call("health.basic", "GET", "/health/")


@scenario("GET /health/ready/")
def _(_: RecordingTable) -> Call:
    return lambda: call("health.ready", "GET", "/health/ready/")


@scenario("GET /health/live/")
def _(_: RecordingTable) -> Call:
    return lambda: call("health.live", "GET", "/health/live/")


@scenario("GET /health/status/")
def _(_: RecordingTable) -> Call:
    return lambda: call("health.status", "GET", "/health/status/")


# ---- the table's stream --------------------------------------------------------------------------


def _removal(table: RecordingTable, kind: str) -> Call:
    """Return the call of the consumer for what was deleted of a kind."""
    records = [
        record
        for record in table.stream
        if record["eventName"] == "REMOVE" and record["dynamodb"]["OldImage"]["kind"]["S"] == kind
    ]
    event = {"Records": records}
    return lambda: handler("maintenance.remove_leftovers")(event, SimpleNamespace())


@scenario("stream: remove_leftovers")
def _(table: RecordingTable) -> Call:
    owner, guest = person(events.ANNA), person(events.BEN)
    event = events.created(owner)
    events.join(guest, event)
    tasks.create(owner, event)
    vote = voting.created(events.ANNA, event=event)
    voting.cast(vote, events.BEN, 1)
    events.delete(owner, event)
    return _removal(table, "event")


@scenario("stream: remove_leftovers of a vote")
def _(table: RecordingTable) -> Call:
    voting.a_party()
    vote = voting.created()
    voting.cast(vote, voting.MEMBER, 1)
    voting.delete(vote)
    return _removal(table, "vote")


@scenario("stream: broadcast")
def _(_: RecordingTable) -> Call:
    _listeners("one", "two")
    return lambda: sockets.broadcast(sockets.created(5))


@scenario("stream: broadcast to a client that is gone")
def _(table: RecordingTable) -> Call:
    _listeners("one", "gone", opened=-60)
    table.clients.gone.add("gone")
    return lambda: sockets.broadcast(sockets.created(5))


@scenario("stream: broadcast to a client that can't be reached")
def _(table: RecordingTable) -> Call:
    _listeners("one", "failing")
    table.clients.failing.add("failing")
    return lambda: sockets.broadcast(sockets.created(5))


@scenario("stream: broadcast when nobody can be reached")
def _(table: RecordingTable) -> Call:
    _listeners("failing")
    table.clients.failing.add("failing")
    return lambda: sockets.broadcast(sockets.created(5))


@scenario("stream: broadcast to a crowd")
def _(_: RecordingTable) -> Call:
    _listeners("one")
    write(Put(keys.lanes(), {"until": clock.epoch() + 1_800}))
    return lambda: sockets.broadcast(sockets.created(5))


@scenario("stream: broadcast of what can't be told")
def _(_: RecordingTable) -> Call:
    return lambda: sockets.broadcast(sockets.created(5, date={"S": "tomorrow"}))


def _slice(*names: str) -> Call:
    """Return the call of a sender with a message for connections."""
    _listeners(*names, opened=-60)
    group = Group(messages=(0,), connections=dict.fromkeys(names, clock.epoch() - 60))
    part = Slice(messages=[Posting(id="1", text="{}")], groups=[group])
    record = {"body": part.model_dump_json(), "attributes": {"ApproximateReceiveCount": "1"}}
    return lambda: handler("ws.deliver_slice")({"Records": [record]}, SimpleNamespace())


@scenario("queue: deliver_slice")
def _(_: RecordingTable) -> Call:
    return _slice("one", "two")


@scenario("queue: deliver_slice to a client that is gone")
def _(table: RecordingTable) -> Call:
    table.clients.gone.add("gone")
    return _slice("one", "gone")


@scenario("queue: deliver_slice to a client that can't be reached")
def _(table: RecordingTable) -> Call:
    table.clients.failing.add("failing")
    return _slice("one", "failing")


@scenario("stream: broadcast of a task")
def _(table: RecordingTable) -> Call:
    _task()
    return _broadcast_of_the_last(table, "task")


@scenario("stream: broadcast of a ballot")
def _(table: RecordingTable) -> Call:
    voting.a_party()
    voting.cast(voting.created(), voting.MEMBER, 1)
    return _broadcast_of_the_last(table, "tally")


@scenario("stream: broadcast of an end")
def _(table: RecordingTable) -> Call:
    voting.a_party()
    voting.close(voting.created())
    return _broadcast_of_the_last(table, "vote")


@scenario("stream: broadcast of a deletion")
def _(table: RecordingTable) -> Call:
    owner = person(events.ANNA)
    events.delete(owner, events.created(owner))
    return _broadcast_of_the_last(table, "event")


def _broadcast_of_the_last(table: RecordingTable, kind: str) -> Call:
    """Return the call of the broadcaster for the last change of an item of a kind."""
    changes = [
        record
        for record in table.stream
        for image in (record["dynamodb"].get("NewImage") or record["dynamodb"]["OldImage"],)
        if image["kind"]["S"] == kind
    ]
    _listeners("one", "two")
    return lambda: sockets.broadcast(changes[-1])


def _listeners(*names: str, opened: int = 0) -> None:
    for name in names:
        moment = clock.epoch() + opened
        listening = tuple(Subscription(topic) for topic in Topic)
        open_connection(Connection(name, events.ANNA, listening, moment, moment + 3_600))


# ---- sockets -------------------------------------------------------------------------------------


@scenario("$connect: connect")
def _(_: RecordingTable) -> Call:
    token = tokens.issue_access(events.ANNA)
    return lambda: sockets.connect(token, topics="all")


@scenario("$connect: connect without a token")
def _(_: RecordingTable) -> Call:
    return lambda: sockets.connect(topics="all")


@scenario("$disconnect: disconnect")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA), topics="all")
    return sockets.disconnect


@scenario("$default: receive ping")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA))
    return lambda: sockets.say("ping")


@scenario("$default: receive what is malformed")
def _(_: RecordingTable) -> Call:
    return lambda: sockets.say("subscribe", topics=["gossip"])


@scenario("$default: receive authenticate")
def _(_: RecordingTable) -> Call:
    sockets.connect(topics="all")
    return lambda: sockets.say("authenticate", token=tokens.issue_access(events.ANNA))


@scenario("$default: receive authenticate with a token that ends within 30 s of the handshake")
def _(_: RecordingTable) -> Call:
    sockets.connect(topics="all")
    return lambda: sockets.say("authenticate", token=sockets.token(events.ANNA, seconds=20))


@scenario("$default: receive subscribe")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA))
    return lambda: sockets.say("subscribe", topics=["tasks"])


@scenario("$default: receive subscribe to nothing new")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA))
    return lambda: sockets.say("subscribe", topics=["events"])


@scenario("$default: receive resume")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA), topics="events")
    sockets.broadcast(sockets.created(5))
    return lambda: sockets.told_nothing("resume", last_id=f"{clock.epoch():010d}-{0:047d}")


@scenario("$default: receive resume narrowed to an event")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA), topics="events", event="5")
    return lambda: sockets.told_nothing("resume", last_id=f"{clock.epoch():010d}-{0:047d}")


@scenario("$default: receive unsubscribe")
def _(_: RecordingTable) -> Call:
    sockets.connect(tokens.issue_access(events.ANNA))
    return lambda: sockets.say("unsubscribe", topics=["events"])


@scenario("$default: receive anything too late")
def _(_: RecordingTable) -> Call:
    _open_since(deadlines.PATIENCE, user_id=None)
    return lambda: sockets.told_nothing("subscribe", topics=["events"])


@scenario("queue: enforce_deadlines")
def _(_: RecordingTable) -> Call:
    return _enforcement(_open_since(60))


@scenario("queue: enforce_deadlines two minutes before the end")
def _(_: RecordingTable) -> Call:
    return _enforcement(_open_since(LIFETIME - deadlines.NOTICE))


@scenario("queue: enforce_deadlines at the end")
def _(_: RecordingTable) -> Call:
    return _enforcement(_open_since(LIFETIME))


@scenario("queue: enforce_deadlines without a token in time")
def _(_: RecordingTable) -> Call:
    return _enforcement(_open_since(deadlines.PATIENCE, user_id=None))


@scenario("queue: enforce_deadlines for what is closed")
def _(_: RecordingTable) -> Call:
    connection = _open_since(60)
    sockets.disconnect(connection.id)
    return _enforcement(connection)


def _open_since(seconds: int, user_id: int | None = events.ANNA) -> Connection:
    """Store a connection that was opened some time ago and has a token for long, or none."""
    connection = Connection(
        id=sockets.CONNECTION,
        user_id=user_id,
        subscriptions=(Subscription(Topic.EVENTS),),
        opened_at=clock.epoch() - seconds,
        authenticated_until=0 if user_id is None else clock.epoch() + 3_600,
    )
    open_connection(connection)
    return connection


def _enforcement(connection: Connection) -> Call:
    look = deadlines.Look(connection_id=connection.id, since=connection.opened_at)
    return lambda: sockets.enforce(look.model_dump_json())


# ---- everything else -----------------------------------------------------------------------------


@scenario("any other route: no_route")
def _(_: RecordingTable) -> Call:
    return lambda: call("fallback.no_route", "GET", "/nowhere/", route="$default")
