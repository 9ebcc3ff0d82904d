"""Ballots: who may cast them, what is refused and in which order, and totals under load."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.errors import Problem
from gatherhub.table import keys
from gatherhub.table.reads import get, query
from gatherhub.voting import casting, closing, store
from gatherhub.voting.schemas import Choice
from tests.http import Answer
from tests.integration.voting.conftest import Clock
from tests.integration.voting.support import (
    EVENT,
    LATER,
    MAKER,
    MEMBER,
    OWNER,
    STRANGER,
    a_party,
    cast,
    cast_body,
    close,
    created,
    delete,
    joins,
    leaves,
    results,
    show,
    vanishes,
)
from tests.memory_table import MemoryTable


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party()


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["error"]


INVALID = (400, "invalid_options")
ENDED = (403, "voting_ended")
DENIED = (403, "permission_denied")
TWICE = (400, "already_voted")
MISSING = (404, "not_found")


def test_the_answer_is_that_of_the_reference() -> None:
    vote_id = created()
    cast(vote_id, OWNER, 2)
    answer = cast(vote_id, MEMBER, 1)
    assert answer.status == 200
    body = answer.json
    at = clock.from_text(body["vote"]["user_vote"].pop("voted_at"))
    assert clock.now() - at < timedelta(seconds=5)
    assert body == {
        "message": "Vote cast successfully",
        "vote": {
            "id": vote_id,
            "title": "Dinner",
            "user_vote": {"option_id": 1, "option_ids": [1]},
            "total_votes": 2,
        },
    }


def test_only_participants_cast() -> None:
    vote_id = created()
    for user_id in (OWNER, MAKER, MEMBER):
        assert cast(vote_id, user_id, 1).status == 200
    assert refusal(cast(vote_id, STRANGER, 1)) == DENIED


def test_whoever_leaves_keeps_their_ballot_but_casts_none() -> None:
    first, second = created(), created()
    cast(first, MEMBER, 1)
    leaves(MEMBER)
    assert refusal(cast(second, MEMBER, 1)) == DENIED
    assert show(first, MEMBER).json["user_voted"] is True
    assert results(first).json["total_votes"] == 1


@pytest.mark.parametrize(
    "options", [None, [], [4], [0], [-1], [10**30], [1, 1], [1, 4], [1, 2, 3, 1]]
)
@pytest.mark.parametrize("multiple", [False, True])
def test_options_must_be_some_of_the_vote_once_each(
    options: list[int] | None, multiple: bool
) -> None:
    vote_id = created(multiple_choice=multiple)
    answer = cast_body(vote_id, MEMBER, {} if options is None else {"options": options})
    assert refusal(answer) == INVALID
    assert set(answer.json["details"]) == {"options"}
    assert results(vote_id).json["total_votes"] == 0


def test_a_single_choice_takes_exactly_one() -> None:
    vote_id = created()
    assert refusal(cast(vote_id, MEMBER, 1, 2)) == INVALID
    assert cast(vote_id, MEMBER, 2).status == 200


def test_a_multiple_choice_takes_one_to_all() -> None:
    vote_id = created(multiple_choice=True)
    assert cast(vote_id, MEMBER, 3, 1, 2).status == 200
    assert cast(vote_id, MAKER, 2).status == 200
    counts = [option["vote_count"] for option in results(vote_id).json["results"]]
    assert counts == [1, 2, 1]


@pytest.mark.parametrize(
    ("options", "field"), [(None, "options"), ("1", "options"), ([1, "2"], "options.1")]
)
def test_a_wrong_type_names_the_field(options: Any, field: str) -> None:
    answer = cast_body(created(), MEMBER, {"options": options})
    assert refusal(answer) == (400, "validation_error")
    assert set(answer.json["details"]) == {field}


def test_a_second_ballot_is_refused_whatever_it_says() -> None:
    vote_id = created()
    assert cast(vote_id, MEMBER, 1).status == 200
    assert refusal(cast(vote_id, MEMBER, 1)) == TWICE
    assert refusal(cast(vote_id, MEMBER, 2)) == TWICE
    counts = [option["vote_count"] for option in results(vote_id).json["results"]]
    assert counts == [1, 0, 0]


def test_the_end_is_to_the_second(time_machine: Clock) -> None:
    vote_id = created(ends_at=LATER)
    time_machine.advance_to("2040-01-01T11:59:59Z")
    assert cast(vote_id, MEMBER, 1).status == 200
    time_machine.advance_to(LATER)
    assert refusal(cast(vote_id, MAKER, 1)) == ENDED


def test_what_is_wrong_is_said_in_one_order() -> None:
    vote_id = created()
    cast(vote_id, MEMBER, 1)
    # A ballot that is everything at once: of a stranger, late, invalid and the second one.
    assert refusal(cast(vote_id, MEMBER, 9)) == INVALID
    close(vote_id)
    assert refusal(cast(vote_id, MEMBER, 9)) == ENDED
    leaves(MEMBER)
    assert refusal(cast(vote_id, MEMBER, 9)) == DENIED
    vanishes()
    assert refusal(cast(vote_id, MEMBER, 9)) == MISSING


def before_the_transaction(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen after a ballot was checked and before it is stored."""
    store_ballot = store.cast

    def late(*args: Any) -> None:
        monkeypatch.setattr(store, "cast", store_ballot)
        act()
        store_ballot(*args)

    monkeypatch.setattr(store, "cast", late)


RACES: list[tuple[Callable[[int], object], tuple[int, str]]] = [
    (lambda vote_id: cast(vote_id, MEMBER, 2), TWICE),
    (close, ENDED),
    (delete, MISSING),
    (lambda _: leaves(MEMBER), DENIED),
]


@pytest.mark.parametrize(("act", "expected"), RACES)
def test_the_transaction_decides_and_not_what_was_read(
    act: Callable[[int], object], expected: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    vote_id = created()
    before_the_transaction(monkeypatch, lambda: act(vote_id))
    assert refusal(cast(vote_id, MEMBER, 1)) == expected


def test_a_late_ballot_by_a_slow_clock_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    vote_id = created()
    hour_ago = clock.now() - timedelta(hours=1)
    close(vote_id)
    vote = store.get_vote(vote_id)
    assert vote is not None
    open_as_seen = vote.model_copy(update={"ends_at": None, "closed_at": None})
    monkeypatch.setattr(store, "get_vote", lambda _: open_as_seen)
    monkeypatch.setattr(clock, "now", lambda: hour_ago)
    with pytest.raises(Problem) as caught:
        casting.cast(MEMBER, vote_id, Choice(options=[1]))
    assert caught.value.code == "voting_ended"


def outcome(voter: int, vote_id: int, *options: int) -> str:
    """Cast a ballot without HTTP, as a container answers one request at a time."""
    try:
        casting.cast(voter, vote_id, Choice(options=list(options)))
    except Problem as problem:
        return problem.code
    return "cast"


class TestUnderLoad:
    def test_two_hundred_ballots_are_two_hundred(self) -> None:
        a_party(participants=200)
        vote_id = created(multiple_choice=True)
        voters = list(range(1_000, 1_200))
        for voter in voters:
            joins(voter)

        def vote(voter: int) -> str:
            return outcome(voter, vote_id, *([1, 2] if voter % 2 else [2 + voter % 4 // 2]))

        with ThreadPoolExecutor(32) as pool:
            assert list(pool.map(vote, voters)) == ["cast"] * 200
        body = results(vote_id).json
        assert body["total_votes"] == 200
        assert [option["vote_count"] for option in body["results"]] == [100, 150, 50]
        shards = query(keys.vote(vote_id).pk, "TALLY#")
        assert len(shards) == 4
        assert all(shard["ballots"] > 0 for shard in shards)

    def test_one_voter_at_once_many_times_counts_once(self) -> None:
        vote_id = created()
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(lambda _: outcome(MEMBER, vote_id, 1), range(32)))
        assert sorted(outcomes) == ["already_voted"] * 31 + ["cast"]
        assert results(vote_id).json["total_votes"] == 1

    def test_ballots_that_race_with_the_closing_are_counted_or_refused(self) -> None:
        a_party(participants=100)
        vote_id = created()
        voters = list(range(1_000, 1_060))
        for voter in voters:
            joins(voter)

        def act(voter: int) -> str:
            if voter == 1_030:
                return closing.close(MAKER, vote_id).vote.status
            return outcome(voter, vote_id, 1)

        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(act, voters))
        assert outcomes.count("ended") == 1
        counted = outcomes.count("cast")
        assert outcomes.count("voting_ended") == len(voters) - counted - 1
        assert results(vote_id).json["total_votes"] == counted
        assert len(query(keys.ballots(vote_id))) == counted


def test_a_ballot_touches_nothing_that_all_share(table: MemoryTable) -> None:
    vote_id = created()
    table.requests.clear()
    cast(vote_id, MEMBER, 1)
    (request,) = [body for name, body in table.requests if name == "TransactWriteItems"]
    kinds = [next(iter(action)) for action in request["items"]]
    assert kinds == ["Put", "Update", "ConditionCheck"]
    assert get(keys.participant(EVENT, MEMBER)) is not None
