"""Random sequences of all operations by several users, against the plain model in `reference`.

Every answer of every handler is compared, and after each step the lists, counts and searches are.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gatherhub import clock
from tests.http import Answer, call, handler
from tests.integration.model.reference import Event, Reference, Task, Vote
from tests.memory_table import MemoryTable
from tests.people import embedded, person

SEQUENCES = 500
STEPS = 40
NOBODY = 1
UNKNOWN = 9  # the pick that stands for an id that does not exist

USERS = (11, 12, 13)
LISTS = {
    "events": ("events.list_events", "/api/v1/events/"),
    "tasks": ("tasks.list_tasks", "/api/v1/tasks/"),
    "votes": ("voting.list_votes", "/api/v1/voting/"),
}

users = st.sampled_from(USERS)
picks = st.integers(0, UNKNOWN)
titles = st.sampled_from(["Picnic", "Café crème", "Board games", "picnic GAMES", "Ünïted 42"])
texts = st.sampled_from(["", "bring games", "a café in the park", "42 pic"])
searches = st.sampled_from(["pic", "GAM", "cafe", "ca pa", "42", "united", "zzz", "pic game"])
# Hours from now: before and after, within one hour and far away.
hours = st.sampled_from([-30_000, -4, -3, -2, 0, 1, 25, 800, 9_000])
limits = st.sampled_from([None, 1, 2, 3])
options = st.lists(st.integers(0, 4), max_size=3)
pages = st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 20]))


def contains(actual: Any, expected: Any, place: str = "answer") -> None:
    """Assert that an answer has at least what is expected; lists must match entry by entry."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert name in actual, f"{place} has no {name}: {actual}"
            contains(actual[name], value, f"{place}.{name}")
    elif isinstance(expected, list):
        assert len(actual) == len(expected), f"{place}: {actual} is not {expected}"
        for n, (one, other) in enumerate(zip(actual, expected, strict=True)):
            contains(one, other, f"{place}.{n}")
    else:
        assert actual == expected, f"{place}: {actual!r} is not {expected!r}"


class Machine(RuleBasedStateMachine):
    """Plays on the handlers and on the reference at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now = clock.now()
        self.table = MemoryTable()
        self._stand_ins = ExitStack()
        self._stand_ins.enter_context(self.table.installed())
        self._stand_ins.enter_context(patch.object(clock, "now", lambda: self.now))
        self._stand_ins.enter_context(
            patch.object(clock, "epoch", lambda: int(self.now.timestamp()))
        )
        self.tokens = {user: person(user) for user in USERS}
        self.model = Reference(self.now, {user: embedded(user) for user in USERS})
        self.told = len(self.table.stream)

    def teardown(self) -> None:
        self._stand_ins.close()

    # ---- helpers

    def send(self, user: int, name: str, method: str, path: str, body: object = None) -> Answer:
        return call(name, method, path, token=self.tokens[user], body=body)

    def compare(self, answer: Answer, expected: tuple[int, Any]) -> Answer:
        status, body = expected
        assert answer.status == status, f"{answer.status} is not {status}: {answer.text}"
        if isinstance(body, str):
            assert answer.json["error"] == body
        elif body is not None:
            contains(answer.json, body)
        return answer

    def later(self, hours: int) -> datetime:
        return self.now + timedelta(hours=hours)

    @staticmethod
    def pick(among: dict[int, Any], number: int) -> int:
        ids = sorted(among)
        return ids[number % len(ids)] if ids and number < UNKNOWN else NOBODY

    def maintain(self) -> None:
        """Deliver to the maintenance consumer what the stream would."""
        records = [r for r in self.table.stream[self.told :] if r["eventName"] == "REMOVE"]
        self.told = len(self.table.stream)
        wanted = [r for r in records if r["dynamodb"]["OldImage"]["kind"]["S"] in KINDS]
        if wanted:
            consume = handler("maintenance.remove_leftovers")
            assert consume({"Records": wanted}, SimpleNamespace()) == {"batchItemFailures": []}

    # ---- the clock and the people

    @rule(minutes=st.sampled_from([1, 45, 60, 181, 1_441]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.model.now = self.now

    # ---- events

    @initialize(title=titles, limit=limits, due=st.none() | hours, multiple=st.booleans())
    def begin(self, title: str, limit: int | None, due: int | None, multiple: bool) -> None:
        """Start where most rules have something to act on."""
        first, second, third = USERS
        self.create_event(first, title, "games in the park", 25, limit)
        self.create_event(second, "Board games", "", 1, None)
        for pick in (1, 2):
            self.join(second, pick)
            self.join(first, pick)
        self.join(third, 2)
        for pick in (1, 2):
            self.create_task(first, pick, title, due, third, "low")
            self.create_vote(first, pick, title, 2, multiple)

    @rule(user=users, title=titles, text=texts, hours=hours, limit=limits)
    def create_event(self, user: int, title: str, text: str, hours: int, limit: int | None) -> None:
        date = self.later(hours)
        body = {
            "title": title,
            "description": text,
            "date": clock.to_text(date),
            "max_participants": limit,
        }
        answer = self.send(user, "events.create_event", "POST", "/api/v1/events/", body)
        assert answer.status == 201, answer.text
        event = Event(
            id=answer.json["id"],
            creator=user,
            title=title,
            description=text,
            date=date,
            location="",
            limit=limit,
            created_at=self.now,
            updated_at=self.now,
            participants=[user],
        )
        self.model.events[event.id] = event
        contains(answer.json, self.model.event_summary(event))

    @precondition(lambda self: self.model.events)
    @rule(
        user=users,
        pick=picks,
        title=st.none() | titles,
        text=st.none() | texts,
        hours=st.none() | hours,
        limit=st.none() | st.sampled_from([1, 2]),
        method=st.sampled_from(["PUT", "PATCH"]),
    )
    def update_event(  # noqa: PLR0917
        self,
        user: int,
        pick: int,
        title: str | None,
        text: str | None,
        hours: int | None,
        limit: int | None,
        method: str,
    ) -> None:
        event_id = self.pick(self.model.events, pick)
        date = None if hours is None else self.later(hours)
        change = {"title": title, "description": text, "date": date, "max_participants": limit}
        change = {name: value for name, value in change.items() if value is not None}
        body = {**change, **({"date": clock.to_text(date)} if date else {})}
        path = f"/api/v1/events/{event_id}/"
        answer = self.send(user, "events.update_event", method, path, body)
        self.compare(answer, self.model.update_event(user, event_id, change))

    @precondition(lambda self: self.model.events)
    @rule(user=users, pick=picks)
    def delete_event(self, user: int, pick: int) -> None:
        event_id = self.pick(self.model.events, pick)
        path = f"/api/v1/events/{event_id}/"
        answer = self.send(user, "events.delete_event", "DELETE", path)
        self.compare(answer, self.model.delete_event(user, event_id))
        self.maintain()

    @precondition(lambda self: self.model.events)
    @rule(user=users, pick=picks)
    def join(self, user: int, pick: int) -> None:
        event_id = self.pick(self.model.events, pick)
        path = f"/api/v1/events/{event_id}/join/"
        answer = self.send(user, "events.join_event", "POST", path)
        self.compare(answer, self.model.join(user, event_id))

    @precondition(lambda self: self.model.events)
    @rule(user=users, pick=picks)
    def leave(self, user: int, pick: int) -> None:
        event_id = self.pick(self.model.events, pick)
        path = f"/api/v1/events/{event_id}/leave/"
        answer = self.send(user, "events.leave_event", "POST", path)
        self.compare(answer, self.model.leave(user, event_id))

    @precondition(lambda self: self.model.events)
    @rule(user=users, pick=picks)
    def show_event(self, user: int, pick: int) -> None:
        event_id = self.pick(self.model.events, pick)
        answer = self.send(user, "events.get_event", "GET", f"/api/v1/events/{event_id}/")
        status, expected = self.model.show_event(event_id)
        if status != 200:
            self.compare(answer, (status, expected))
            return
        # The order of tasks and votes within an event is nobody's business.
        shown = answer.json
        for name in ("tasks", "votes"):
            shown[name] = sorted(shown[name], key=lambda row: row["id"])
        contains(shown, expected)

    # ---- tasks

    @precondition(lambda self: self.model.events)
    @rule(
        user=users,
        pick=picks,
        title=titles,
        due=st.none() | hours,
        assignee=st.none() | users | st.just(NOBODY),
        priority=st.sampled_from(["low", "urgent"]),
    )
    def create_task(  # noqa: PLR0917
        self,
        user: int,
        pick: int,
        title: str,
        due: int | None,
        assignee: int | None,
        priority: str,
    ) -> None:
        event_id = self.pick(self.model.events, pick)
        due_date = None if due is None else self.later(due)
        body = {
            "title": title,
            "event": event_id,
            "priority": priority,
            "due_date": clock.to_text(due_date) if due_date else None,
            "assignee": assignee,
        }
        answer = self.send(user, "tasks.create_task", "POST", "/api/v1/tasks/", body)
        if refusal := self.model.may_create(user, event_id):
            self.compare(answer, refusal)
        elif assignee == NOBODY:
            self.compare(answer, (400, "validation_error"))
        else:
            assert answer.status == 201, answer.text
            task = Task(
                id=answer.json["id"],
                event=event_id,
                creator=user,
                title=title,
                description="",
                priority=priority,
                due_date=due_date,
                assignee=assignee,
                created_at=self.now,
            )
            self.model.tasks[task.id] = task
            contains(answer.json, self.model.task_summary(task))

    @precondition(lambda self: self.model.tasks)
    @rule(
        user=users,
        pick=picks,
        status=st.none() | st.sampled_from(["pending", "in_progress", "completed"]),
        due=st.none() | hours,
        assignee=st.none() | users,
        title=st.none() | titles,
    )
    def update_task(  # noqa: PLR0917
        self,
        user: int,
        pick: int,
        status: str | None,
        due: int | None,
        assignee: int | None,
        title: str | None,
    ) -> None:
        task_id = self.pick(self.model.tasks, pick)
        due_date = None if due is None else self.later(due)
        change = {"status": status, "due_date": due_date, "assignee": assignee, "title": title}
        change = {name: value for name, value in change.items() if value is not None}
        body = {**change, **({"due_date": clock.to_text(due_date)} if due_date else {})}
        path = f"/api/v1/tasks/{task_id}/"
        answer = self.send(user, "tasks.update_task", "PUT", path, body)
        self.compare(answer, self.model.update_task(user, task_id, change))

    @precondition(lambda self: self.model.tasks)
    @rule(user=users, pick=picks, assignee=st.none() | users)
    def assign(self, user: int, pick: int, assignee: int | None) -> None:
        task_id = self.pick(self.model.tasks, pick)
        path = f"/api/v1/tasks/{task_id}/assign/"
        answer = self.send(user, "tasks.assign_task", "POST", path, {"assignee": assignee})
        self.compare(answer, self.model.assign(user, task_id, assignee))

    @precondition(lambda self: self.model.tasks)
    @rule(user=users, pick=picks)
    def complete(self, user: int, pick: int) -> None:
        task_id = self.pick(self.model.tasks, pick)
        path = f"/api/v1/tasks/{task_id}/complete/"
        answer = self.send(user, "tasks.complete_task", "POST", path)
        self.compare(answer, self.model.complete(user, task_id))

    @precondition(lambda self: self.model.tasks)
    @rule(user=users, pick=picks)
    def delete_task(self, user: int, pick: int) -> None:
        task_id = self.pick(self.model.tasks, pick)
        answer = self.send(user, "tasks.delete_task", "DELETE", f"/api/v1/tasks/{task_id}/")
        self.compare(answer, self.model.delete_task(user, task_id))

    @precondition(lambda self: self.model.tasks)
    @rule(user=users, pick=picks)
    def show_task(self, user: int, pick: int) -> None:
        task_id = self.pick(self.model.tasks, pick)
        answer = self.send(user, "tasks.get_task", "GET", f"/api/v1/tasks/{task_id}/")
        self.compare(answer, self.model.show_task(task_id))

    # ---- votes

    @precondition(lambda self: self.model.events)
    @rule(
        user=users,
        pick=picks,
        title=titles,
        ends=st.none() | st.sampled_from([1, 2, 50]),
        multiple=st.booleans(),
    )
    def create_vote(
        self, user: int, pick: int, title: str, ends: int | None, multiple: bool
    ) -> None:
        event_id = self.pick(self.model.events, pick)
        ends_at = None if ends is None else self.later(ends)
        texts = ["yes", "no", "perhaps"]
        body = {
            "title": title,
            "event": event_id,
            "options": [{"text": text} for text in texts],
            "ends_at": clock.to_text(ends_at) if ends_at else None,
            "multiple_choice": multiple,
        }
        answer = self.send(user, "voting.create_vote", "POST", "/api/v1/voting/", body)
        if refusal := self.model.may_create(user, event_id):
            self.compare(answer, refusal)
            return
        assert answer.status == 201, answer.text
        vote = Vote(
            id=answer.json["id"],
            event=event_id,
            creator=user,
            title=title,
            options=texts,
            multiple=multiple,
            ends_at=ends_at,
            created_at=self.now,
        )
        self.model.votes[vote.id] = vote
        contains(answer.json, self.model.vote_summary(vote))

    @precondition(lambda self: self.model.votes)
    @rule(user=users, pick=picks, chosen=options)
    def cast(self, user: int, pick: int, chosen: list[int]) -> None:
        vote_id = self.pick(self.model.votes, pick)
        path = f"/api/v1/voting/{vote_id}/vote/"
        answer = self.send(user, "voting.cast_vote", "POST", path, {"options": chosen})
        self.compare(answer, self.model.cast(user, vote_id, chosen))

    @precondition(lambda self: self.model.votes)
    @rule(user=users, pick=picks)
    def close(self, user: int, pick: int) -> None:
        vote_id = self.pick(self.model.votes, pick)
        answer = self.send(user, "voting.close_vote", "POST", f"/api/v1/voting/{vote_id}/close/")
        self.compare(answer, self.model.close(user, vote_id))

    @precondition(lambda self: self.model.votes)
    @rule(user=users, pick=picks)
    def delete_vote(self, user: int, pick: int) -> None:
        vote_id = self.pick(self.model.votes, pick)
        answer = self.send(user, "voting.delete_vote", "DELETE", f"/api/v1/voting/{vote_id}/")
        self.compare(answer, self.model.delete_vote(user, vote_id))
        self.maintain()

    @precondition(lambda self: self.model.votes)
    @rule(user=users, pick=picks)
    def show_vote(self, user: int, pick: int) -> None:
        vote_id = self.pick(self.model.votes, pick)
        answer = self.send(user, "voting.get_vote", "GET", f"/api/v1/voting/{vote_id}/")
        self.compare(answer, self.model.show_vote(user, vote_id))
        answer = self.send(user, "voting.vote_results", "GET", f"/api/v1/voting/{vote_id}/results/")
        self.compare(answer, self.model.results(vote_id))

    # ---- lists

    @rule(
        user=users,
        page=pages,
        search=st.none() | searches,
        status=st.none() | st.sampled_from(["upcoming", "ongoing", "completed"]),
        creator=st.none() | users,
        date_from=st.none() | hours,
        date_to=st.none() | hours,
        ordering=st.sampled_from([None, "date", "-date"]),
    )
    def list_events(self, user: int, page: tuple[int, int], **query: Any) -> None:
        self.check_list(user, "events", page, query, self.model.list_events)

    @rule(
        user=users,
        page=pages,
        event=st.none() | picks,
        assignee=st.none() | users,
        status=st.none() | st.sampled_from(["pending", "in_progress", "completed"]),
        due_date_from=st.none() | hours,
        due_date_to=st.none() | hours,
    )
    def list_tasks(self, user: int, page: tuple[int, int], **query: Any) -> None:
        self.check_list(user, "tasks", page, query, self.model.list_tasks)

    @rule(
        user=users,
        page=pages,
        event=st.none() | picks,
        status=st.none() | st.sampled_from(["active", "ended"]),
        creator=st.none() | users,
    )
    def list_votes(self, user: int, page: tuple[int, int], **query: Any) -> None:
        self.check_list(user, "votes", page, query, self.model.list_votes)

    def check_list(
        self, user: int, kind: str, page: tuple[int, int], query: dict[str, Any], find: Any
    ) -> None:
        query = {name: value for name, value in query.items() if value is not None}
        if "event" in query:
            query["event"] = self.pick(self.model.events, query["event"])
        for name in set(query) & {"date_from", "date_to", "due_date_from", "due_date_to"}:
            query[name] = self.later(query[name])
        expected = find(query)
        number, size = page
        sent = {n: clock.to_text(v) if isinstance(v, datetime) else v for n, v in query.items()}
        name, path = LISTS[kind]
        asked = urlencode({**sent, "page": number, "page_size": size})
        answer = self.send(user, name, "GET", f"{path}?{asked}")
        start = (number - 1) * size
        if number > 1 and start >= len(expected):
            self.compare(answer, (404, "not_found"))
            return
        assert answer.status == 200, answer.text
        assert answer.json["count"] == len(expected), f"{kind} {query}"
        contains(answer.json["results"], expected[start : start + size], f"{kind} {query}")


KINDS = {"event", "task", "vote"}


@contextmanager
def _quiet() -> Iterator[None]:
    with patch("gatherhub.http.api.record_request"):
        yield


def test_random_sequences_answer_as_the_reference_does() -> None:
    with _quiet():
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=SEQUENCES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
