"""Random changes over HTTP, and what has to be told of them by the answers of the calls alone."""

import asyncio
import random
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from gatherhub_client import Message, Topic

Thing = tuple[Topic, int]
"""A topic and the id of an event, a task or a vote."""

Fact = tuple[Any, ...]
"""The type of a message, and what its call has answered."""


def _count(data: Any) -> Any:
    return data["current_participants"]


def _task(data: Any) -> tuple[Any, ...]:
    assignee = data["assignee"] and data["assignee"]["id"]
    return data["id"], data["title"], data["status"], assignee


_TOPICS: dict[str, Topic] = {"event": "events", "task": "tasks", "vote": "voting"}
_TOLD: dict[str, Callable[[Any], tuple[Any, ...]]] = {
    "event_created": lambda data: (data["id"], data["title"]),
    "event_updated": lambda data: (data["id"], data["title"]),
    "event_joined": lambda data: (data["event_id"], data["user"]["id"], _count(data)),
    "event_left": lambda data: (data["event_id"], data["user"]["id"], _count(data)),
    "event_deleted": lambda data: (data["event_id"],),
    "task_created": _task,
    "task_updated": _task,
    "task_assigned": _task,
    "task_completed": _task,
    "task_deleted": lambda data: (data["task_id"],),
    "vote_created": lambda data: (data["id"], data["title"], data["total_votes"]),
    # Of ballots the totals at the time of telling are told, not those of the ballot.
    "vote_cast": lambda data: (data["vote_id"],),
    "vote_results": lambda data: (data["id"],),
    "vote_ended": lambda data: (data["id"], data["title"], data["total_votes"]),
    "vote_deleted": lambda data: (data["vote_id"],),
}


def fact_of(message: Message) -> tuple[Thing, Fact]:
    """Return of which thing a message tells what."""
    thing_id, *said = _TOLD[message["type"]](message["data"])
    return (_TOPICS[message["type"].partition("_")[0]], thing_id), (message["type"], *said)


@dataclass
class Ledger:
    """What has to be told of each thing, in order, and to which event it belongs."""

    told: dict[Thing, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    events: dict[Thing, int] = field(default_factory=dict)

    def note(self, thing: Thing, event_id: int, *fact: Any) -> None:
        """Note what the next message of a thing has to tell."""
        self.told[thing].append(fact)
        self.events[thing] = event_id

    def forget(self, event_id: int) -> None:
        """Expect nothing any more of an event and what belongs to it."""
        for thing in [thing for thing, event in self.events.items() if event == event_id]:
            del self.told[thing], self.events[thing]

    @property
    def messages(self) -> int:
        """How many messages there have to be."""
        return sum(map(len, self.told.values()))


class OutcomeUnknown(Exception):
    """A call failed that may have taken effect, so that nobody knows what has to be told."""


class Api:
    """The API over HTTP, with two calls of one route at a time at most.

    The emulator starts a process for each simultaneous call of a function, which takes seconds.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._places: dict[tuple[str, str], asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(2)
        )

    async def call(
        self, method: str, path: str, body: object = None, status: int = 200, token: str = ""
    ) -> Any:
        """Return the answer to a call that must end with this status, or OutcomeUnknown."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._places[method, re.sub(r"\d+", "", path)]:
            answer = await self._http.request(
                method, f"/api/v1/{path}/", json=body, headers=headers
            )
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise OutcomeUnknown(f"{method} {path}")
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None


@dataclass(frozen=True)
class User:
    """Someone signed in."""

    id: int
    token: str
    api: Api

    async def call(self, method: str, path: str, body: object = None, status: int = 200) -> Any:
        """Return the answer to a call that must end with this status."""
        return await self.api.call(method, path, body, status, self.token)


@dataclass
class _Task:
    title: str
    creator: User
    assignee: int | None = None
    status: str = "pending"


@dataclass
class _Vote:
    title: str
    creator: User
    voters: list[User] = field(default_factory=list)
    ended: bool = False


class Party:
    """An event with its tasks and votes, to which one thing happens after the other.

    `heard` waits until somebody has been told all of a thing that is in the ledger: ballots of a
    vote that is deleted before they are told are not told.
    """

    def __init__(
        self,
        users: list[User],
        chance: random.Random,
        ledger: Ledger,
        heard: Callable[[Thing], Awaitable[None]],
    ) -> None:
        self.event_id = 0
        self._users = users
        self._chance = chance
        self._ledger = ledger
        self._heard = heard
        self._creator = chance.choice(users)
        self._participants = [self._creator]
        self._tasks: dict[int, _Task] = {}
        self._votes: dict[int, _Vote] = {}
        self._numbers = 0

    async def create(self) -> None:
        body = {"title": self._title(), "date": "2030-06-01T12:00:00Z"}
        self.event_id = (await self._creator.call("POST", "events", body, 201))["id"]
        self._note("events", self.event_id, "event_created", body["title"])

    async def go_on(self, steps: int) -> None:
        """Let so many things happen, some of which are not possible and change nothing."""
        happenings = (
            *[self.update] * 2,
            *[self.join] * 4,
            *[self.leave] * 2,
            *[self.create_task] * 4,
            *[self.update_task, self.assign_task, self.complete_task, self.reopen_task],
            *[self.create_vote] * 4,
            *[self.cast] * 10,
            *[self.delete_task, self.close_vote, self.delete_vote],
        )
        for _ in range(steps):
            await self._chance.choice(happenings)()

    async def update(self) -> None:
        title = self._title()
        await self._creator.call("PUT", f"events/{self.event_id}", {"title": title})
        self._note("events", self.event_id, "event_updated", title)

    async def join(self) -> None:
        user = self._rather(user for user in self._users if user not in self._participants)
        status = 400 if user in self._participants else 200
        await user.call("POST", f"events/{self.event_id}/join", status=status)
        if status == 200:
            self._participants.append(user)
            self._counted("event_joined", user)

    async def leave(self) -> None:
        user = self._rather(self._participants)
        status = 200 if user in self._participants else 400
        if user is not self._creator:
            await user.call("POST", f"events/{self.event_id}/leave", status=status)
            if status == 200:
                self._participants.remove(user)
                self._counted("event_left", user)

    async def create_task(self) -> None:
        creator = self._chance.choice(self._participants)
        task = _Task(self._title(), creator)
        body = {"title": task.title, "event": self.event_id}
        task_id = (await creator.call("POST", "tasks", body, 201))["id"]
        self._tasks[task_id] = task
        self._tell_task("task_created", task_id)

    async def update_task(self) -> None:
        if self._tasks:
            task_id, task = self._any(self._tasks)
            task.title = self._title()
            await task.creator.call("PUT", f"tasks/{task_id}", {"title": task.title})
            self._tell_task("task_updated", task_id)

    async def assign_task(self) -> None:
        if self._tasks:
            task_id, task = self._any(self._tasks)
            others = [None, *(user.id for user in self._users)]
            others.remove(task.assignee)
            task.assignee = self._chance.choice(others)
            body = {"assignee": task.assignee}
            await self._creator.call("POST", f"tasks/{task_id}/assign", body)
            self._tell_task("task_assigned" if task.assignee else "task_updated", task_id)

    async def complete_task(self) -> None:
        if self._tasks:
            task_id, task = self._any(self._tasks)
            await task.creator.call("POST", f"tasks/{task_id}/complete")
            if task.status != "completed":  # else nothing has changed
                task.status = "completed"
                self._tell_task("task_completed", task_id)

    async def reopen_task(self) -> None:
        if done := {key: task for key, task in self._tasks.items() if task.status == "completed"}:
            task_id, task = self._any(done)
            task.status = "pending"
            await task.creator.call("PUT", f"tasks/{task_id}", {"status": task.status})
            self._tell_task("task_updated", task_id)

    async def delete_task(self) -> None:
        if self._tasks:
            task_id, task = self._any(self._tasks)
            await task.creator.call("DELETE", f"tasks/{task_id}", status=204)
            del self._tasks[task_id]
            self._note("tasks", task_id, "task_deleted")

    async def create_vote(self) -> None:
        creator = self._chance.choice(self._participants)
        vote = _Vote(self._title(), creator)
        options = [{"text": "Pizza"}, {"text": "Sushi"}]
        body = {"title": vote.title, "event": self.event_id, "options": options}
        vote_id = (await creator.call("POST", "voting", body, 201))["id"]
        self._votes[vote_id] = vote
        self._note("voting", vote_id, "vote_created", vote.title, 0)

    async def cast(self) -> None:
        if self._votes:
            vote_id, vote = self._any(self._votes)
            user = self._rather(user for user in self._participants if user not in vote.voters)
            if user not in self._participants:
                return  # refused for another reason
            status = 403 if vote.ended else 400 if user in vote.voters else 200
            ballot = {"options": [self._chance.choice([1, 2])]}
            await user.call("POST", f"voting/{vote_id}/vote", ballot, status)
            if status == 200:
                vote.voters.append(user)
                self._note("voting", vote_id, "vote_cast")
                self._note("voting", vote_id, "vote_results")

    async def close_vote(self) -> None:
        if still_open := {key: vote for key, vote in self._votes.items() if not vote.ended}:
            vote_id, vote = self._any(still_open)
            vote.ended = True
            await vote.creator.call("POST", f"voting/{vote_id}/close")
            self._note("voting", vote_id, "vote_ended", vote.title, len(vote.voters))

    async def delete_vote(self) -> None:
        if self._votes:
            vote_id, vote = self._any(self._votes)
            await self._heard(("voting", vote_id))
            await vote.creator.call("DELETE", f"voting/{vote_id}", status=204)
            del self._votes[vote_id]
            self._note("voting", vote_id, "vote_deleted")

    async def delete(self) -> None:
        """Delete the event, and with it what belongs to it."""
        for vote_id in self._votes:
            await self._heard(("voting", vote_id))
        await self._creator.call("DELETE", f"events/{self.event_id}", status=204)
        self._note("events", self.event_id, "event_deleted")
        for task_id in self._tasks:
            self._note("tasks", task_id, "task_deleted")
        for vote_id in self._votes:
            self._note("voting", vote_id, "vote_deleted")

    def _rather(self, users: Iterable[User]) -> User:
        """Return mostly one of these, and of all when there is none."""
        wanted = list(users)
        return self._chance.choice(
            wanted if wanted and self._chance.random() > 0.1 else self._users
        )

    def _any(self, things: dict[int, Any]) -> tuple[int, Any]:
        return self._chance.choice(list(things.items()))

    def _title(self) -> str:
        self._numbers += 1
        return f"Title {self._numbers}"

    def _note(self, topic: Topic, thing_id: int, *fact: Any) -> None:
        self._ledger.note((topic, thing_id), self.event_id, *fact)

    def _counted(self, message_type: str, user: User) -> None:
        self._note("events", self.event_id, message_type, user.id, len(self._participants))

    def _tell_task(self, message_type: str, task_id: int) -> None:
        task = self._tasks[task_id]
        self._note("tasks", task_id, message_type, task.title, task.status, task.assignee)
