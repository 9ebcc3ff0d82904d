"""All that is told, on the running stack: to whom, what, in which order, and when a vote ends.

Other tests use the same stack, so only what concerns the objects of a test is looked at.
"""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from gatherhub import clock
from local.stack import Stack

PATIENCE = 30  # seconds
WITHIN = 5  # seconds of its end in which subscribers hear of it
TYPES = {
    "events": {"event_created", "event_updated", "event_joined", "event_left", "event_deleted"},
    "tasks": {"task_created", "task_updated", "task_assigned", "task_completed", "task_deleted"},
    "voting": {"vote_created", "vote_cast", "vote_results", "vote_ended", "vote_deleted"},
}
TOPIC_OF = {message_type: topic for topic, types in TYPES.items() for message_type in types}

PICNIC = {"title": "Picnic", "date": "2030-06-01T12:00:00Z", "location": "Park"}
OPTIONS = [{"text": "Pizza"}, {"text": "Sushi"}]

Json = dict[str, Any]


class Caller:
    """A signed-in user of the API; paths are relative to `/api/v1/`."""

    def __init__(self, http: httpx.Client, token: str) -> None:
        self._http = http
        self.token = token
        self.person = self._embedded()

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self._http.request(method, f"/api/v1/{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def task(self, event_id: int, task_id: int) -> Json:
        """Return a task as in a list."""
        tasks = self("GET", f"tasks/?event={event_id}")["results"]
        (found,) = [task for task in tasks if task["id"] == task_id]
        shown: Json = found
        return shown

    def vote(self, vote_id: int) -> Json:
        """Return a vote as in details, without anything about the viewer."""
        details: Json = self("GET", f"voting/{vote_id}/")
        return {name: details[name] for name in details if not name.startswith("user_vote")}

    def ended(self, vote_id: int) -> Json:
        """Return a vote as its end is to be told."""
        results = self("GET", f"voting/{vote_id}/results/")
        return self.vote(vote_id) | {name: results[name] for name in ("results", "winner")}

    def _embedded(self) -> Json:
        profile = self("GET", "auth/profile/")
        names = ("id", "username", "first_name", "last_name", "avatar")
        return {name: profile[name] for name in names}


@pytest.fixture
def host(http: httpx.Client, token: str) -> Caller:
    return Caller(http, token)


@pytest.fixture
def guest(http: httpx.Client) -> Caller:
    name = f"eve{uuid.uuid4().hex[:12]}"
    account = {"username": name, "email": f"{name}@example.org", "password": "correct horse 7"}
    return Caller(http, http.post("/api/v1/auth/register/", json=account).json()["access"])


@dataclass
class Ear:
    """A socket, and every message that it has received with the time of its arrival."""

    heard: list[Json] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, socket: ClientConnection) -> None:
        async for text in socket:
            assert isinstance(text, str)
            self.arrivals.append(time.time())
            self.raw.append(text)
            self.heard.append(json.loads(text))
            self.news.set()

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until enough has been heard."""
        async with asyncio.timeout(PATIENCE):
            while not enough():
                self.news.clear()
                await self.news.wait()


@asynccontextmanager
async def ears(stack: Stack, token: str, *paths: str) -> AsyncIterator[list[Ear]]:
    """Listen on each of these paths at once."""
    async with AsyncExitStack() as sockets, asyncio.TaskGroup() as group:
        found, tasks = [], []
        for path in paths:
            mark = "&" if "?" in path else "?"
            url = f"{stack.ws_url}{path}{mark}token={token}"
            socket = await sockets.enter_async_context(connect(url, open_timeout=PATIENCE))
            ear = Ear()
            tasks.append(group.create_task(ear.listen(socket)))
            found.append(ear)
        yield found
        for task in tasks:
            task.cancel()


class Story:
    """What two people do to a few objects, and what has to be told of it."""

    def __init__(self, host: Caller, guest: Caller, everywhere: Ear) -> None:
        self.host = host
        self.guest = guest
        self._everywhere = everywhere
        self._expected: list[tuple[int, str, Json]] = []
        self._ids: set[int] = set()

    async def do(self, act: Caller, method: str, path: str, body: object = None) -> Any:
        return await asyncio.to_thread(act, method, path, body)

    async def tells(self, event_id: int, *told: tuple[str, Json]) -> None:
        """Wait until these messages have come to whoever listens to everything."""
        self._expected += [(event_id, *one) for one in told]
        self._ids = self._ids.union(*(ids_in(data) for _, data in told))
        await self._everywhere.until(lambda: len(self.of(self._everywhere)) >= len(self._expected))

    def of(self, ear: Ear) -> list[Json]:
        """Return the messages about the objects of this story that an ear has heard."""
        return [message for message in ear.heard if ids_in(message["data"]) & self._ids]

    def types(self) -> set[str]:
        return {message_type for _, message_type, _ in self._expected}

    async def is_what_was_heard(self, ear: Ear, *topics: str, event_id: int | None = None) -> None:
        """See that an ear heard all of some topics, or what is of one event, and no more."""
        meant = [
            (message_type, data)
            for of_event, message_type, data in self._expected
            if TOPIC_OF[message_type] in topics and event_id in {None, of_event}
            # Nobody can ask for an event before it is there.
            if (event_id, message_type) != (of_event, "event_created")
        ]
        await ear.until(lambda: len(self.of(ear)) >= len(meant))
        assert [(message["type"], message["data"]) for message in self.of(ear)] == meant

    async def of_a_new_event(self) -> int:
        event = await self.do(self.host, "POST", "events/", PICNIC)
        await self.tells(event["id"], ("event_created", event))
        event_id: int = event["id"]
        return event_id

    async def of_an_event(self, event_id: int) -> None:
        edited = await self.do(self.host, "PUT", f"events/{event_id}/", {"title": "Dinner"})
        await self.tells(event_id, ("event_updated", edited))
        for verb, message_type, number in (
            ("join", "event_joined", 2),
            ("leave", "event_left", 1),
            ("join", "event_joined", 2),
        ):
            await self.do(self.guest, "POST", f"events/{event_id}/{verb}/")
            counted = {"event_id": event_id, "current_participants": number}
            await self.tells(event_id, (message_type, {**counted, "user": self.guest.person}))

    async def of_a_task(self, event_id: int) -> int:
        host, guest = self.host, self.guest
        new = {"title": "Cake", "event": event_id, "due_date": "2030-05-01T00:00:00Z"}
        task: int = (await self.do(host, "POST", "tasks/", new))["id"]

        async def tells(message_type: str) -> None:
            shown = await asyncio.to_thread(host.task, event_id, task)
            await self.tells(event_id, (message_type, shown))

        await tells("task_created")
        await self.do(host, "PATCH", f"tasks/{task}/", {"title": "Cakes"})
        await tells("task_updated")
        await self.do(host, "POST", f"tasks/{task}/assign/", {"assignee": guest.person["id"]})
        await tells("task_assigned")
        await self.do(guest, "POST", f"tasks/{task}/complete/")
        await tells("task_completed")
        return task

    async def of_a_new_vote(self, event_id: int) -> int:
        new = {"title": "Food", "event": event_id, "options": OPTIONS}
        vote: int = (await self.do(self.host, "POST", "voting/", new))["id"]
        shown = await asyncio.to_thread(self.host.vote, vote)
        await self.tells(event_id, ("vote_created", shown))
        return vote

    async def of_a_vote(self, event_id: int) -> None:
        host = self.host
        vote = await self.of_a_new_vote(event_id)
        await self.do(self.guest, "POST", f"voting/{vote}/vote/", {"options": [2]})
        cast = {"vote_id": vote, "event_id": event_id, "total_votes": 1}
        results = await self.do(host, "GET", f"voting/{vote}/results/")
        await self.tells(event_id, ("vote_cast", cast), ("vote_results", results))
        await self.do(host, "POST", f"voting/{vote}/close/")
        ended = await asyncio.to_thread(host.ended, vote)
        assert (ended["status"], ended["winner"]["option_id"]) == ("ended", 2)
        await self.tells(event_id, ("vote_ended", ended))
        await self.do(host, "DELETE", f"voting/{vote}/")
        await self.tells(event_id, ("vote_deleted", {"vote_id": vote, "event_id": event_id}))

    async def of_a_deletion(self, event_id: int, task: int, vote: int) -> None:
        """Delete an event with what belongs to it, of which each is told as deleted too."""
        await self.do(self.host, "DELETE", f"events/{event_id}/")
        await self.tells(
            event_id,
            ("event_deleted", {"event_id": event_id}),
            ("task_deleted", {"task_id": task, "event_id": event_id}),
            ("vote_deleted", {"vote_id": vote, "event_id": event_id}),
        )

    async def of_another_event(self, event_id: int) -> None:
        """Let something happen on each topic, after which nobody hears of what was before it."""
        task = await self.do(self.host, "POST", "tasks/", {"title": "Tea", "event": event_id})
        await self.tells(event_id, ("task_created", task))
        await self.of_a_new_vote(event_id)
        edited = await self.do(self.host, "PUT", f"events/{event_id}/", {"title": "Tea"})
        await self.tells(event_id, ("event_updated", edited))


def ids_in(data: Any) -> set[int]:
    """Return the ids of the events, tasks and votes that are named in a message's data."""
    if not isinstance(data, dict):
        return set()
    own = {data[name] for name in ("id", "event_id", "task_id", "vote_id") if name in data}
    return own | ids_in(data.get("event"))


async def test_every_message_comes_to_all_whom_it_concerns_and_to_nobody_else(
    stack: Stack, host: Caller, guest: Caller
) -> None:
    stack.wait_until_warm()
    of_topics = [f"/ws/{topic}/" for topic in TYPES]
    async with ears(stack, host.token, "/ws/", *of_topics) as (everywhere, *by_topic):
        story = Story(host, guest, everywhere)
        event, other = await story.of_a_new_event(), await story.of_a_new_event()
        narrowed = [f"/ws/?event={event}", f"/ws/voting/?event={event}", f"/ws/?event={other}"]
        async with ears(stack, guest.token, *narrowed) as (of_event, its_votes, of_other):
            await story.of_an_event(event)
            task = await story.of_a_task(event)
            await story.of_a_vote(event)
            vote = await story.of_a_new_vote(event)
            await story.of_a_deletion(event, task, vote)
            await story.of_another_event(other)

            assert story.types() == set(TOPIC_OF)
            await story.is_what_was_heard(everywhere, *TYPES)
            for topic, ear in zip(TYPES, by_topic, strict=True):
                await story.is_what_was_heard(ear, topic)
                assert {message["type"] for message in ear.heard} <= TYPES[topic]
            await story.is_what_was_heard(of_event, *TYPES, event_id=event)
            await story.is_what_was_heard(its_votes, "voting", event_id=event)
            await story.is_what_was_heard(of_other, *TYPES, event_id=other)
    assert_has_ids_that_sort(story.of(everywhere))
    assert_says_nobody_voted(guest, [*by_topic[2].raw, *its_votes.raw])


def assert_has_ids_that_sort(messages: list[Json]) -> None:
    ids = [message["id"] for message in messages]
    assert ids == sorted(set(ids))
    assert all(set(message) == {"type", "data", "timestamp", "id"} for message in messages)
    times = [clock.from_text(message["timestamp"]) for message in messages]
    assert times == sorted(times)


def assert_says_nobody_voted(voter: Caller, texts: list[str]) -> None:
    voting = [text for text in texts if '"vote_cast"' in text or '"vote_results"' in text]
    assert voting
    for text in texts:
        assert str(voter.person["id"]) not in text
        assert voter.person["username"] not in text
        assert "user_vote" not in text


async def test_ends_are_told_to_the_second_and_never_before(stack: Stack, host: Caller) -> None:
    stack.wait_until_warm()
    event = host("POST", "events/", PICNIC)
    fields = {"title": "Food", "event": event["id"], "options": OPTIONS}
    async with ears(stack, host.token, f"/ws/voting/?event={event['id']}") as (ear,):
        ends: dict[int, float] = {}
        for seconds in (4, 5, 5, 5, 6):
            moment = clock.now() + timedelta(seconds=seconds)
            body = {**fields, "ends_at": clock.to_text(moment)}
            vote = await asyncio.to_thread(host, "POST", "voting/", body)
            ends[vote["id"]] = moment.timestamp()

        def told() -> dict[int, tuple[float, Json]]:
            return {
                message["data"]["id"]: (arrival, message["data"])
                for message, arrival in zip(ear.heard, ear.arrivals, strict=True)
                if message["type"] == "vote_ended"
            }

        await ear.until(lambda: len(told()) == len(ends))
    for vote_id, (arrival, data) in told().items():
        assert 0 <= arrival - ends[vote_id] <= WITHIN
        assert data == host.ended(vote_id)
    assert len(ear.heard) == 2 * len(ends)  # that each came, and its end, once
