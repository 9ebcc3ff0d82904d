"""docs/access-patterns.md against the requests that the handlers really make.

A row of the document and a scenario here belong together by the route, written alike in both. A
scenario prepares a table and returns the call whose requests are compared.
"""

import re
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from gatherhub.accounts import passwords
from gatherhub.http.routes import ROUTES
from tests.http import call, handler
from tests.integration.accounts import support as accounts
from tests.integration.events import support as events
from tests.people import person
from tests.recording import RecordingTable
from tests.template import ROOT

DOCUMENT = ROOT / "docs" / "access-patterns.md"
MOST_STEPS_OF_A_LIST = 4  # and the rate limit's

Call = Callable[[], object]
SCENARIOS: dict[str, Callable[[RecordingTable], Call]] = {}


def scenario(route: str) -> Callable[[Callable[[RecordingTable], Call]], None]:
    """Name what a function prepares, as the document does."""
    return lambda prepare: SCENARIOS.__setitem__(route, prepare)


def documented() -> dict[str, str]:
    """Return the requests that the document names, by route."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    return {route: requests.strip() for route, requests in rows}


@pytest.fixture
def table(stack: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingTable]:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher.from_parameters(CHEAPEST))
    with RecordingTable().installed() as memory:
        assert isinstance(memory, RecordingTable)
        yield memory


@pytest.mark.parametrize("route", sorted(documented()))
def test_a_call_makes_the_requests_that_are_documented(route: str, table: RecordingTable) -> None:
    assert table.requests_of(SCENARIOS[route](table)) == documented()[route]


def test_every_scenario_has_a_row() -> None:
    assert SCENARIOS.keys() == documented().keys()


def test_every_route_has_a_row() -> None:
    routes = {f"{method} {path}" for path, methods in ROUTES.items() for method in methods}
    rows = {re.sub(r"\{(\w+)\}", r"<\1>", route.partition("?")[0]) for route in documented()}
    assert routes - rows == set()


def test_no_page_of_a_list_takes_more_than_four_steps() -> None:
    lists = {route: requests for route, requests in documented().items() if "LIST#" in requests}
    pages = [requests for route, requests in lists.items() if route.startswith("GET ")]
    assert pages
    assert all(len(requests.split(" → ")) <= 1 + MOST_STEPS_OF_A_LIST for requests in pages)


# ---- accounts ------------------------------------------------------------------------------------


@scenario("POST /api/v1/auth/register/")
def _(_: RecordingTable) -> Call:
    return accounts.register


@scenario("POST /api/v1/auth/login/")
def _(_: RecordingTable) -> Call:
    accounts.register()
    return accounts.login


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


# ---- stream --------------------------------------------------------------------------------------


@scenario("stream: remove_leftovers")
def _(table: RecordingTable) -> Call:
    token = person(events.ANNA)
    event = events.created(token)
    events.join(person(events.BEN), event)
    events.delete(token, event)
    records = {"Records": [r for r in table.stream if r["eventName"] == "REMOVE"]}
    return lambda: handler("maintenance.remove_leftovers")(records, SimpleNamespace())
