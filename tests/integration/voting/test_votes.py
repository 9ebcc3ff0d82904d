"""Creating votes, and what is shown of them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.ids import new_id
from gatherhub.table import keys
from gatherhub.table.reads import get, query
from gatherhub.voting import creation
from tests.http import call
from tests.integration.voting.conftest import Clock
from tests.integration.voting.support import (
    DINNER,
    EVENT,
    LATER,
    MAKER,
    MEMBER,
    OWNER,
    STRANGER,
    a_party,
    cast,
    create,
    created,
    joins,
    leaves,
    listed,
    results,
    show,
    vanishes,
)
from tests.memory_table import MemoryTable
from tests.people import embedded, person


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party()


class TestCreate:
    def test_the_answer_is_that_of_the_reference(self) -> None:
        answer = create()
        assert answer.status == 201
        vote = answer.json
        now = clock.now()
        at = datetime.fromisoformat(vote.pop("created_at"))
        assert now - timedelta(seconds=5) <= at <= now
        assert isinstance(vote.pop("id"), int)
        assert vote == {
            "title": "Dinner",
            "description": "Where to?",
            "status": "active",
            "event": {"id": EVENT, "title": f"Event {EVENT}"},
            "creator": embedded(MAKER),
            "options": [
                {"id": 1, "text": "Pizza", "vote_count": 0},
                {"id": 2, "text": "Sushi", "vote_count": 0},
                {"id": 3, "text": "Soup", "vote_count": 0},
            ],
            "total_votes": 0,
            "ends_at": LATER,
            "multiple_choice": False,
        }

    def test_what_may_be_left_out_has_its_default(self) -> None:
        vote = create(description="", ends_at=None).json
        assert (vote["ends_at"], vote["status"], vote["description"]) == (None, "active", "")

    def test_bad_fields_are_all_named(self) -> None:
        body: dict[str, Any] = {
            "title": "",
            "event": "x",
            "options": [{"text": "A"}, {}],
            "ends_at": "never",
        }
        answer = create(**body)
        assert (answer.status, answer.json["error"]) == (400, "validation_error")
        assert set(answer.json["details"]) == {"title", "event", "options.1.text", "ends_at"}

    def test_an_end_must_be_in_the_future(self) -> None:
        answer = create(ends_at=clock.to_text(clock.now()))
        assert (answer.status, set(answer.json["details"])) == (400, {"ends_at"})

    def test_an_unknown_event_is_a_bad_field(self) -> None:
        answer = create(event=12345)
        assert (answer.status, answer.json["error"]) == (400, "validation_error")
        assert answer.json["details"] == {"event": ["There is no such event."]}

    def test_an_event_that_is_gone_is_unknown(self) -> None:
        vanishes()
        assert create().json["error"] == "validation_error"

    def test_only_participants_create(self) -> None:
        for user_id, status in ((OWNER, 201), (MAKER, 201), (MEMBER, 201), (STRANGER, 403)):
            assert create(user_id).status == status
        assert create(STRANGER).json["error"] == "permission_denied"
        assert listed().json["count"] == 3

    def test_who_leaves_while_creating_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, table: MemoryTable
    ) -> None:
        def leave_first() -> int:
            leaves(MAKER)
            return new_id()

        monkeypatch.setattr(creation, "new_id", leave_first)
        before = len(table.items())
        assert create().json["error"] == "permission_denied"
        # Nothing but the counter of the rate limit came, and the participation went.
        assert len(table.items()) == before

    def test_a_taken_id_is_drawn_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = iter([5, 5, 6])
        monkeypatch.setattr(creation, "new_id", lambda: next(drawn))
        assert [created(title="First"), created(title="Second")] == [5, 6]
        assert show(5).json["title"] == "First"

    def test_ids_that_stay_taken_are_an_unavailable_service(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(creation, "new_id", lambda: 5)
        created()
        answer = create()
        assert (answer.status, answer.headers["retry-after"]) == (503, "1")

    def test_the_event_knows_its_votes(self) -> None:
        vote_id = created()
        (pointer,) = query(keys.event(EVENT).pk, keys.VOTES_OF_EVENT)
        assert (pointer["id"], pointer["title"], pointer["end"]) == (vote_id, "Dinner", LATER)
        assert (pointer["creator_id"], pointer["kind"]) == (MAKER, "vote_of_event")

    @pytest.mark.parametrize(("participants", "shards"), [(1, 1), (120, 3), (5_000, 16)])
    def test_totals_are_spread_by_the_size_of_the_event(
        self, participants: int, shards: int
    ) -> None:
        a_party(participants=participants)
        vote_id = created()
        rows = query(keys.vote(vote_id).pk)
        assert [row["kind"] for row in rows] == ["tally"] * shards + ["vote"]


class TestShow:
    def test_the_answer_is_that_of_the_reference(self) -> None:
        vote_id = created(MAKER)
        assert cast(vote_id, OWNER, 1).status == 200
        assert cast(vote_id, MEMBER, 1).status == 200
        assert cast(vote_id, MAKER, 2).status == 200
        vote = show(vote_id, MEMBER).json
        assert clock.from_text(vote.pop("created_at")) <= clock.now()
        at = vote["user_vote"].pop("voted_at")
        assert clock.now() - clock.from_text(at) < timedelta(seconds=5)
        assert vote == {
            "id": vote_id,
            "title": "Dinner",
            "description": "Where to?",
            "status": "active",
            "event": {
                "id": EVENT,
                "title": f"Event {EVENT}",
                "date": "2030-06-01T16:00:00Z",
            },
            "creator": embedded(MAKER),
            "options": [
                {"id": 1, "text": "Pizza", "vote_count": 2, "percentage": 66.7},
                {"id": 2, "text": "Sushi", "vote_count": 1, "percentage": 33.3},
                {"id": 3, "text": "Soup", "vote_count": 0, "percentage": 0.0},
            ],
            "total_votes": 3,
            "user_voted": True,
            "user_vote": {"option_id": 1, "option_ids": [1]},
            "ends_at": LATER,
            "multiple_choice": False,
        }

    def test_who_has_not_voted_sees_no_vote_of_theirs(self) -> None:
        vote_id = created()
        cast(vote_id, MEMBER, 2)
        vote = show(vote_id, STRANGER).json
        assert (vote["user_voted"], vote["user_vote"], vote["total_votes"]) == (False, None, 1)

    def test_nobody_is_told_who_chose_what(self) -> None:
        person(77, "voter77")
        joins(77)
        vote_id = created()
        cast(vote_id, 77, 2)
        for answer in (show(vote_id, OWNER), results(vote_id, OWNER), listed("", OWNER)):
            assert answer.status == 200
            assert "77" not in answer.text.replace(str(vote_id), "")

    def test_a_new_name_shows_at_once(self) -> None:
        vote_id = created(MAKER)
        person(MAKER, "renamed")
        assert show(vote_id).json["creator"]["username"] == "renamed"
        assert listed().json["results"][0]["creator"]["username"] == "renamed"

    def test_percentages_are_of_ballots_when_several_may_be_chosen(self) -> None:
        vote_id = created(multiple_choice=True)
        cast(vote_id, MEMBER, 3, 1)
        cast(vote_id, MAKER, 3)
        vote = show(vote_id, MEMBER).json
        assert [o["percentage"] for o in vote["options"]] == [50.0, 0.0, 100.0]
        assert vote["total_votes"] == 2
        assert vote["user_vote"]["option_ids"] == [3, 1]
        assert vote["user_vote"]["option_id"] == 3


class TestResults:
    def test_the_answer_is_that_of_the_reference(self) -> None:
        vote_id = created()
        cast(vote_id, OWNER, 2)
        cast(vote_id, MEMBER, 2)
        cast(vote_id, MAKER, 3)
        assert results(vote_id).json == {
            "id": vote_id,
            "title": "Dinner",
            "status": "active",
            "total_votes": 3,
            "results": [
                {"option_id": 1, "text": "Pizza", "vote_count": 0, "percentage": 0.0},
                {"option_id": 2, "text": "Sushi", "vote_count": 2, "percentage": 66.7},
                {"option_id": 3, "text": "Soup", "vote_count": 1, "percentage": 33.3},
            ],
            "ends_at": LATER,
            "winner": {"option_id": 2, "text": "Sushi"},
        }

    def test_nobody_wins_without_ballots_or_on_a_tie(self) -> None:
        vote_id = created()
        assert results(vote_id).json["winner"] is None
        cast(vote_id, MEMBER, 1)
        assert results(vote_id).json["winner"] == {"option_id": 1, "text": "Pizza"}
        cast(vote_id, MAKER, 3)
        assert results(vote_id).json["winner"] is None

    def test_the_status_follows_the_clock_to_the_second(self, time_machine: Clock) -> None:
        vote_id = created(ends_at=LATER)
        # A token of the same moment is issued with each call, so it never expires.
        time_machine.advance_to("2040-01-01T11:59:59Z")
        assert views(vote_id) == {"active"}
        time_machine.advance_to(LATER)
        assert views(vote_id) == {"ended"}


def views(vote_id: int) -> set[str]:
    """Return what the three ways to see a vote say about its status."""
    (row,) = listed().json["results"]
    return {show(vote_id).json["status"], results(vote_id).json["status"], row["status"]}


PATHS = [
    ("get_vote", "GET", "", None),
    ("delete_vote", "DELETE", "", None),
    ("cast_vote", "POST", "vote/", {"options": [1]}),
    ("vote_results", "GET", "results/", None),
    ("close_vote", "POST", "close/", None),
]


@pytest.mark.parametrize("vote_id", [1, "0", "-1", "abc", "1.5", "9" * 30, "007", "%F0%9F%8D%B0"])
@pytest.mark.parametrize(("name", "method", "rest", "body"), PATHS)
def test_an_id_without_a_vote_is_not_found(
    name: str, method: str, rest: str, body: Any, vote_id: object
) -> None:
    path = f"/api/v1/voting/{vote_id}/{rest}"
    answer = call(f"voting.{name}", method, path, body=body, token=person(MAKER))
    assert (answer.status, answer.json["error"]) == (404, "not_found")


@pytest.mark.parametrize(("name", "method", "rest", "body"), PATHS)
def test_a_vote_of_an_event_that_is_gone_is_not_found(
    name: str, method: str, rest: str, body: Any
) -> None:
    vote_id = created()
    vanishes()
    path = f"/api/v1/voting/{vote_id}/{rest}"
    answer = call(f"voting.{name}", method, path, body=body, token=person(MAKER))
    assert (answer.status, answer.json["error"]) == (404, "not_found")
    assert listed().json["results"] == []
    assert listed(f"?event={EVENT}").json["count"] == 0


@pytest.mark.parametrize(
    ("name", "method", "rest", "body"),
    [*PATHS, ("list_votes", "GET", None, None), ("create_vote", "POST", None, DINNER)],
)
def test_every_route_is_for_signed_in_users(
    name: str, method: str, rest: str | None, body: Any
) -> None:
    path = "/api/v1/voting/" if rest is None else f"/api/v1/voting/{created()}/{rest}"
    answer = call(f"voting.{name}", method, path, body=body)
    assert (answer.status, answer.json["error"]) == (401, "not_authenticated")


@pytest.mark.parametrize(
    ("name", "method", "path"), [(n, m, f"/api/v1/voting/5/{r}") for n, m, r, _ in PATHS]
)
def test_the_final_slash_may_be_left_out(name: str, method: str, path: str) -> None:
    answer = call(f"voting.{name}", method, path.rstrip("/"), token=person(MAKER))
    assert answer.json["message"] == "The vote does not exist."


def test_a_stored_vote_has_what_the_stream_needs() -> None:
    vote_id = created()
    cast(vote_id, MEMBER, 1)
    kinds = {
        keys.vote(vote_id): "vote",
        keys.tally(vote_id, 0): "tally",
        keys.ballot(vote_id, MEMBER): "ballot",
    }
    for key, kind in kinds.items():
        item = get(key)
        assert item is not None
        assert item["kind"] == kind
    ballot = get(keys.ballot(vote_id, MEMBER)) or {}
    assert (ballot["vote_id"], ballot["event_id"]) == (vote_id, EVENT)
