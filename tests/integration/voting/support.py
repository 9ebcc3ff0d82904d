"""Events to vote in, and the voting routes as one-line calls."""

from typing import Any

from gatherhub import clock
from gatherhub.accounts import tokens
from gatherhub.table import keys
from gatherhub.table.writes import Delete, Put, write
from tests.http import Answer, call
from tests.people import person

OWNER, MAKER, MEMBER, STRANGER = 1, 2, 3, 4
"""Who created the event, who creates votes in it, who else takes part, and who does not."""
EVENT = 900
LATER = "2040-01-01T12:00:00Z"
DINNER: dict[str, Any] = {
    "title": "Dinner",
    "description": "Where to?",
    "event": EVENT,
    "options": [{"text": "Pizza"}, {"text": "Sushi"}, {"text": "Soup"}],
    "ends_at": LATER,
    "multiple_choice": False,
}


def token(user_id: int) -> str:
    return tokens.issue_access(user_id)


def an_event(event_id: int = EVENT, *, owner: int = OWNER, participants: int = 1) -> None:
    """Store an event; only its owner takes part, whatever number it shows."""
    now = clock.to_text(clock.now())
    event = {
        "id": event_id,
        "creator_id": owner,
        "title": f"Event {event_id}",
        "description": "",
        "date": "2030-06-01T16:00:00Z",
        "location": "",
        "max_participants": None,
        "current_participants": participants,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "words": [],
    }
    write(Put(keys.event(event_id), {keys.KIND: "event", **event}))
    joins(owner, event_id)


def joins(user_id: int, event_id: int = EVENT) -> None:
    item = {"event_id": event_id, "user_id": user_id, "joined_at": clock.to_text(clock.now())}
    write(Put(keys.participant(event_id, user_id), {keys.KIND: "participant", **item}))


def leaves(user_id: int, event_id: int = EVENT) -> None:
    write(Delete(keys.participant(event_id, user_id)))


def vanishes(event_id: int = EVENT) -> None:
    """Delete an event as its deletion begins: nothing else is gone yet."""
    write(Delete(keys.event(event_id)))


def a_party(participants: int = 1) -> None:
    """Store the usual people, and an event of OWNER in which MAKER and MEMBER take part."""
    for user_id in (OWNER, MAKER, MEMBER, STRANGER):
        person(user_id)
    an_event(participants=participants)
    joins(MAKER)
    joins(MEMBER)


def create(user_id: int = MAKER, **fields: Any) -> Answer:
    return post("create_vote", "/api/v1/voting/", user_id, {**DINNER, **fields})


def created(user_id: int = MAKER, **fields: Any) -> int:
    """Create a vote and return its id."""
    answer = create(user_id, **fields)
    assert answer.status == 201, answer.text
    return int(answer.json["id"])


def cast(vote_id: object, user_id: int, *options: object) -> Answer:
    return cast_body(vote_id, user_id, {"options": list(options)})


def cast_body(vote_id: object, user_id: int, body: object) -> Answer:
    return post("cast_vote", f"/api/v1/voting/{vote_id}/vote/", user_id, body)


def close(vote_id: object, user_id: int = MAKER) -> Answer:
    return post("close_vote", f"/api/v1/voting/{vote_id}/close/", user_id)


def show(vote_id: object, user_id: int = STRANGER) -> Answer:
    return get("get_vote", f"/api/v1/voting/{vote_id}/", user_id)


def results(vote_id: object, user_id: int = STRANGER) -> Answer:
    return get("vote_results", f"/api/v1/voting/{vote_id}/results/", user_id)


def listed(query: str = "", user_id: int = STRANGER) -> Answer:
    return get("list_votes", f"/api/v1/voting/{query}", user_id)


def delete(vote_id: object, user_id: int = MAKER) -> Answer:
    path = f"/api/v1/voting/{vote_id}/"
    return call("voting.delete_vote", "DELETE", path, token=token(user_id))


def post(name: str, path: str, user_id: int, body: object = None) -> Answer:
    return call(f"voting.{name}", "POST", path, body=body, token=token(user_id))


def get(name: str, path: str, user_id: int) -> Answer:
    return call(f"voting.{name}", "GET", path, token=token(user_id))
