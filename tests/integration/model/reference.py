"""What the contract says of events, tasks and votes, as plainly as it can be written.

Nothing is stored, indexed or counted: every answer is worked out from dictionaries. An answer is
`(status, body)`, where `body` is an error code or what the response must at least contain.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gatherhub.clock import to_text

ONGOING = timedelta(hours=3)

Answer = tuple[int, Any]


def words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in folded.casefold()).split()


@dataclass
class Event:
    id: int
    creator: int
    title: str
    description: str
    date: datetime
    location: str
    limit: int | None
    created_at: datetime
    updated_at: datetime
    participants: list[int] = field(default_factory=list)


@dataclass
class Task:
    id: int
    event: int
    creator: int
    title: str
    description: str
    priority: str
    due_date: datetime | None
    assignee: int | None
    created_at: datetime
    status: str = "pending"
    completed_at: datetime | None = None


@dataclass
class Vote:
    id: int
    event: int
    creator: int
    title: str
    options: list[str]
    multiple: bool
    ends_at: datetime | None
    created_at: datetime
    ballots: dict[int, tuple[list[int], datetime]] = field(default_factory=dict)


class Reference:
    """The whole system in memory; `now` is its clock."""

    def __init__(self, now: datetime, people: dict[int, dict[str, Any]]) -> None:
        self.now = now
        self.people = people
        self.events: dict[int, Event] = {}
        self.tasks: dict[int, Task] = {}
        self.votes: dict[int, Vote] = {}

    # ---- events

    def event_status(self, event: Event) -> str:
        if self.now < event.date:
            return "upcoming"
        return "ongoing" if self.now < event.date + ONGOING else "completed"

    def event_summary(self, event: Event) -> dict[str, Any]:
        return {
            "id": event.id,
            "title": event.title,
            "description": event.description,
            "date": to_text(event.date),
            "location": event.location,
            "max_participants": event.limit,
            "current_participants": len(event.participants),
            "status": self.event_status(event),
            "creator": self.people[event.creator],
            "created_at": to_text(event.created_at),
        }

    def show_event(self, event_id: int) -> Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, "not_found"
        tasks = [t for t in self.tasks.values() if t.event == event_id]
        votes = [v for v in self.votes.values() if v.event == event_id]
        return 200, {
            **self.event_summary(event),
            "participants": [self.people[user] for user in event.participants],
            "tasks": _by_id({"id": t.id, "title": t.title, "status": t.status} for t in tasks),
            "votes": _by_id(
                {"id": v.id, "title": v.title, "status": self.vote_status(v)} for v in votes
            ),
        }

    def update_event(self, user: int, event_id: int, change: dict[str, Any]) -> Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, "not_found"
        if event.creator != user:
            return 403, "permission_denied"
        limit = change.get("max_participants")
        if limit is not None and limit < len(event.participants):
            return 400, "validation_error"
        event.title = change.get("title", event.title)
        event.description = change.get("description", event.description)
        event.date = change.get("date", event.date)
        event.limit = change.get("max_participants", event.limit)
        return 200, self.event_summary(event)

    def delete_event(self, user: int, event_id: int) -> Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, "not_found"
        if event.creator != user:
            return 403, "permission_denied"
        del self.events[event_id]
        self.tasks = {i: t for i, t in self.tasks.items() if t.event != event_id}
        self.votes = {i: v for i, v in self.votes.items() if v.event != event_id}
        return 204, None

    def join(self, user: int, event_id: int) -> Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, "not_found"
        if user in event.participants:
            return 400, "already_participant"
        if event.limit is not None and len(event.participants) >= event.limit:
            return 400, "event_full"
        event.participants.append(user)
        return 200, {"event": self._brief(event)}

    def leave(self, user: int, event_id: int) -> Answer:
        event = self.events.get(event_id)
        if event is None:
            return 404, "not_found"
        if user == event.creator:
            return 403, "creator_cannot_leave"
        if user not in event.participants:
            return 400, "not_participant"
        event.participants.remove(user)
        return 200, {"event": self._brief(event)}

    def list_events(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        found = [
            event
            for event in self.events.values()
            if query.get("status") in (None, self.event_status(event))
            and query.get("creator") in (None, event.creator)
            and (query.get("date_from") is None or event.date >= query["date_from"])
            and (query.get("date_to") is None or event.date <= query["date_to"])
            and self._matches(event, query.get("search"))
        ]
        latest_first = query.get("ordering", "-date") == "-date"
        found.sort(key=lambda event: (event.date, event.id), reverse=latest_first)
        return [self.event_summary(event) for event in found]

    def _matches(self, event: Event, search: str | None) -> bool:
        if search is None:
            return True
        have = words(f"{event.title} {event.description}")
        return all(any(word.startswith(want) for word in have) for want in words(search))

    def _brief(self, event: Event) -> dict[str, Any]:
        return {
            "id": event.id,
            "title": event.title,
            "current_participants": len(event.participants),
        }

    # ---- tasks

    def task_summary(self, task: Task) -> dict[str, Any]:
        event = self.events[task.event]
        return {
            "id": task.id,
            "title": task.title,
            "description": task.description,
            "status": task.status,
            "priority": task.priority,
            "due_date": to_text(task.due_date) if task.due_date else None,
            "event": {"id": event.id, "title": event.title},
            "assignee": self._person(task.assignee),
            "creator": self._person(task.creator),
            "created_at": to_text(task.created_at),
        }

    def may_create(self, user: int, event_id: int) -> Answer | None:
        event = self.events.get(event_id)
        if event is None:
            return 400, "validation_error"
        return None if user in event.participants else (403, "permission_denied")

    def show_task(self, task_id: int) -> Answer:
        task = self.tasks.get(task_id)
        return (404, "not_found") if task is None else (200, self.task_summary(task))

    def update_task(self, user: int, task_id: int, change: dict[str, Any]) -> Answer:
        task = self.tasks.get(task_id)
        if task is None:
            return 404, "not_found"
        if user not in (task.creator, task.assignee):
            return 403, "permission_denied"
        for name, value in change.items():
            setattr(task, name, value)
        self._follow_status(task)
        return 200, self.task_summary(task)

    def assign(self, user: int, task_id: int, assignee: int | None) -> Answer:
        task = self.tasks.get(task_id)
        if task is None:
            return 404, "not_found"
        if user not in (task.creator, self.events[task.event].creator):
            return 403, "permission_denied"
        task.assignee = assignee
        shown = self._person(assignee)
        return 200, {"task": {"id": task.id, "title": task.title, "assignee": shown}}

    def complete(self, user: int, task_id: int) -> Answer:
        task = self.tasks.get(task_id)
        if task is None:
            return 404, "not_found"
        if user not in (task.creator, task.assignee):
            return 403, "permission_denied"
        task.status = "completed"
        self._follow_status(task)
        completed_at = to_text(task.completed_at) if task.completed_at else None
        return 200, {"task": {"id": task.id, "status": "completed", "completed_at": completed_at}}

    def delete_task(self, user: int, task_id: int) -> Answer:
        task = self.tasks.get(task_id)
        if task is None:
            return 404, "not_found"
        if user not in (task.creator, self.events[task.event].creator):
            return 403, "permission_denied"
        del self.tasks[task_id]
        return 204, None

    def list_tasks(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        due_from, due_to = query.get("due_date_from"), query.get("due_date_to")
        found = [
            task
            for task in self.tasks.values()
            if query.get("event") in (None, task.event)
            and query.get("assignee") in (None, task.assignee)
            and query.get("status") in (None, task.status)
            and (due_from is None or (task.due_date is not None and task.due_date >= due_from))
            and (due_to is None or (task.due_date is not None and task.due_date <= due_to))
        ]
        found.sort(key=lambda task: (task.created_at, task.id), reverse=True)
        return [self.task_summary(task) for task in found]

    def _follow_status(self, task: Task) -> None:
        if task.status != "completed":
            task.completed_at = None
        elif task.completed_at is None:
            task.completed_at = self.now

    def _person(self, user: int | None) -> dict[str, Any] | None:
        if user is None:
            return None
        return {name: self.people[user][name] for name in ("id", "username")}

    # ---- votes

    def vote_status(self, vote: Vote) -> str:
        return "active" if vote.ends_at is None or self.now < vote.ends_at else "ended"

    def vote_summary(self, vote: Vote) -> dict[str, Any]:
        event = self.events[vote.event]
        return {
            "id": vote.id,
            "title": vote.title,
            "status": self.vote_status(vote),
            "event": {"id": event.id, "title": event.title},
            "creator": self._person(vote.creator),
            "total_votes": len(vote.ballots),
            "ends_at": to_text(vote.ends_at) if vote.ends_at else None,
            "created_at": to_text(vote.created_at),
        }

    def counts(self, vote: Vote) -> list[int]:
        return [
            sum(number in chosen for chosen, _ in vote.ballots.values())
            for number in range(1, len(vote.options) + 1)
        ]

    def show_vote(self, user: int, vote_id: int) -> Answer:
        vote = self.votes.get(vote_id)
        if vote is None:
            return 404, "not_found"
        return 200, {
            **self.vote_summary(vote),
            "multiple_choice": vote.multiple,
            "options": [
                {"id": number, "text": text, "vote_count": count, "percentage": share}
                for number, text, count, share in self._results(vote)
            ],
            "user_voted": user in vote.ballots,
            "user_vote": self._ballot(vote, user),
        }

    def results(self, vote_id: int) -> Answer:
        vote = self.votes.get(vote_id)
        if vote is None:
            return 404, "not_found"
        counts = self.counts(vote)
        leaders = [i for i, count in enumerate(counts) if count == max(counts)]
        winner = leaders[0] if vote.ballots and len(leaders) == 1 else None
        return 200, {
            "id": vote.id,
            "status": self.vote_status(vote),
            "total_votes": len(vote.ballots),
            "results": [
                {"option_id": number, "text": text, "vote_count": count, "percentage": share}
                for number, text, count, share in self._results(vote)
            ],
            "winner": winner
            if winner is None
            else {"option_id": winner + 1, "text": vote.options[winner]},
        }

    def cast(self, user: int, vote_id: int, options: list[int]) -> Answer:
        vote = self.votes.get(vote_id)
        if vote is None:
            return 404, "not_found"
        if user not in self.events[vote.event].participants:
            return 403, "permission_denied"
        if self.vote_status(vote) == "ended":
            return 403, "voting_ended"
        known = set(options) <= set(range(1, len(vote.options) + 1))
        many = len(options) > 1 and not vote.multiple
        if not options or not known or many or len(set(options)) != len(options):
            return 400, "invalid_options"
        if user in vote.ballots:
            return 400, "already_voted"
        vote.ballots[user] = (options, self.now)
        ballot = self._ballot(vote, user)
        total = len(vote.ballots)
        return 200, {"vote": {"id": vote.id, "user_vote": ballot, "total_votes": total}}

    def close(self, user: int, vote_id: int) -> Answer:
        vote = self.votes.get(vote_id)
        if vote is None:
            return 404, "not_found"
        if user not in (vote.creator, self.events[vote.event].creator):
            return 403, "permission_denied"
        if self.vote_status(vote) == "active":
            vote.ends_at = self.now
        return 200, None

    def delete_vote(self, user: int, vote_id: int) -> Answer:
        vote = self.votes.get(vote_id)
        if vote is None:
            return 404, "not_found"
        if user not in (vote.creator, self.events[vote.event].creator):
            return 403, "permission_denied"
        del self.votes[vote_id]
        return 204, None

    def list_votes(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        found = [
            vote
            for vote in self.votes.values()
            if query.get("event") in (None, vote.event)
            and query.get("creator") in (None, vote.creator)
            and query.get("status") in (None, self.vote_status(vote))
        ]
        # By their end, latest first; what has none comes before all that has, by its age.
        found.sort(key=lambda v: (v.ends_at is None, v.ends_at or v.created_at, v.id), reverse=True)
        return [self.vote_summary(vote) for vote in found]

    def _results(self, vote: Vote) -> list[tuple[int, str, int, float]]:
        total = len(vote.ballots)
        return [
            (number, text, count, round(100 * count / total, 1) if total else 0.0)
            for number, (text, count) in enumerate(
                zip(vote.options, self.counts(vote), strict=True), 1
            )
        ]

    def _ballot(self, vote: Vote, user: int) -> dict[str, Any] | None:
        if user not in vote.ballots:
            return None
        options, moment = vote.ballots[user]
        return {"option_id": options[0], "option_ids": options, "voted_at": to_text(moment)}


def _by_id(rows: Any) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["id"])
