"""What a page of the main lists costs, by the size of the table and the depth of the page.

The requests and the items they return are counted, not timed: on AWS both time and price follow
from them. The table is the one in memory, which the tests hold to moto's.
"""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from gatherhub import clock, ids
from gatherhub.accounts import tokens
from gatherhub.events import store as events
from gatherhub.events.entities import Event, Participation
from gatherhub.tasks import store as tasks
from gatherhub.tasks.entities import Task
from gatherhub.voting import store as votes
from gatherhub.voting.entities import Option, Vote
from tests.http import call
from tests.people import person
from tests.recording import RecordingTable

SIZES = (100, 10_000, 100_000)
PAGE_SIZE = 20
SPREAD = 2 * 365 * 24 * 3_600  # seconds over which dates lie
USER = 7
LISTS = {
    "events": ("events.list_events", "/api/v1/events/?"),
    "events, upcoming": ("events.list_events", "/api/v1/events/?status=upcoming&"),
    "tasks": ("tasks.list_tasks", "/api/v1/tasks/?"),
    "tasks, pending": ("tasks.list_tasks", "/api/v1/tasks/?status=pending&"),
    "votes": ("voting.list_votes", "/api/v1/voting/?"),
    "votes, active": ("voting.list_votes", "/api/v1/voting/?status=active&"),
}


class CountingTable(RecordingTable):
    """A table that counts the requests, their steps and the items they return."""

    def __init__(self) -> None:
        super().__init__()
        self.made = self.read = 0

    def query(self, **request: Any) -> dict[str, Any]:
        answer = super().query(**request)
        self.read += len(answer["Items"])
        return answer

    def batch_get_item(self, **request: Any) -> dict[str, Any]:
        answer = super().batch_get_item(**request)
        self.read += sum(len(items) for items in answer["Responses"].values())
        return answer

    def _record(self, operation: str, **request: Any) -> None:
        super()._record(operation, **request)
        self.made += 1
        # A hundred thousand of everything would fill the memory with what nobody asks for.
        self.requests.clear()
        self.stream.clear()

    def cost(self, act: Callable[[], object]) -> tuple[int, int, int]:
        """Return steps, requests and items read of a call, without the rate limit's write."""
        self.made = self.read = 0
        steps = len(self.requests_of(act).split(" → ")) - 1
        return steps, self.made - 1, self.read


def fill(size: int) -> None:
    """Store as many events, tasks and votes, with dates all over two years."""
    chance = random.Random(size)  # noqa: S311  (the same table in every run)
    now = clock.now()
    used: set[int] = set()
    for _ in range(size):
        number = ids.new_id()
        while number in used:
            number += 1
        used.add(number)
        past = now - timedelta(seconds=chance.randrange(SPREAD))
        event = Event(
            id=number,
            creator_id=USER,
            title=f"Event {number % 997}",
            description="",
            date=past + timedelta(seconds=SPREAD // 2),
            location="",
            max_participants=None,
            current_participants=1,
            created_at=past,
            updated_at=past,
            version=1,
            words=("event",),
        )
        events.add(event, Participation(event_id=number, user_id=USER, joined_at=past))
        tasks.add(_task(number, past))
        votes.add(_vote(number, past, past + timedelta(seconds=SPREAD // 2)))


def _task(number: int, created: Any) -> Task:
    return Task(
        id=number,
        event_id=number,
        creator_id=USER,
        assignee_id=None,
        title="Task",
        description="",
        status="pending",
        priority="medium",
        due_date=None,
        created_at=created,
        updated_at=created,
        completed_at=None,
        version=1,
    )


def _vote(number: int, created: Any, ends: Any) -> Vote:
    return Vote(
        id=number,
        event_id=number,
        creator_id=USER,
        title="Vote",
        description="",
        options=(Option(id=1, text="yes"), Option(id=2, text="no")),
        ends_at=ends,
        multiple_choice=False,
        created_at=created,
        shards=1,
    )


@contextmanager
def _environment() -> Iterator[None]:
    settings = {"TABLE_NAME": "bench", "PUBLIC_URL": "http://localhost", "RATE_LIMIT": "1000000"}
    regions = {"AWS_DEFAULT_REGION": "us-east-1"}
    verified = tokens.AccessToken(USER, clock.epoch() + 3_600)
    with (
        patch.dict(os.environ, {**settings, **regions}),
        patch("gatherhub.http.api.record_request"),
        patch("gatherhub.accounts.tokens.verify_access", lambda _: verified),
        patch("gatherhub.accounts.tokens.issue_access", lambda _: "token"),
    ):
        yield


def measure(table: CountingTable, name: str) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yield the cost of the first, the middle and the last page of a list."""
    function, path = LISTS[name]

    def ask(page: int) -> Any:
        address = f"{path}page={page}&page_size={PAGE_SIZE}"
        answer = call(function, "GET", address, token="token")
        if answer.status != 200:
            raise SystemExit(f"{name} answered {answer.status}: {answer.text}")
        return answer.json

    pages = max(1, -(-ask(1)["count"] // PAGE_SIZE))
    for label, page in (("first", 1), ("middle", (pages + 1) // 2), ("last", pages)):
        yield label, table.cost(lambda page=page: ask(page))  # type: ignore[misc]


def main() -> None:
    """Print a line for each list, size and page."""
    print(f"Lists, pages of {PAGE_SIZE}: steps that wait for each other, requests, items read")
    print(f"{'list':18} {'size':>8} {'page':>7} {'steps':>6} {'requests':>9} {'items':>7}")
    for size in SIZES:
        with _environment(), CountingTable().installed() as table:
            assert isinstance(table, CountingTable)
            person(USER)
            fill(size)
            for name in LISTS:
                for label, (steps, requests, read) in measure(table, name):
                    print(f"{name:18} {size:8} {label:>7} {steps:6} {requests:9} {read:7}")
