"""Deleting votes, one or all of an event: nothing is left, and nothing else is touched."""

from typing import Any

import pytest

from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.items import unmarshal_item
from gatherhub.table.reads import query
from gatherhub.voting import removal, store
from gatherhub.voting.entities import Ballot, Vote
from tests.integration.voting.support import (
    EVENT,
    MAKER,
    MEMBER,
    OWNER,
    STRANGER,
    a_party,
    an_event,
    cast,
    close,
    created,
    delete,
    joins,
    listed,
    results,
    show,
    vanishes,
)
from tests.memory_table import MemoryTable

OTHER = 901


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party(participants=120)
    an_event(OTHER)
    joins(MAKER, OTHER)


def contents(table: MemoryTable) -> list[dict[str, Any]]:
    """Return all items but those that other requests leave, and counters that count nothing."""
    items = [unmarshal_item(item) for item in table.items()]
    return [item for item in items if item["kind"] != "rate" and item.get("n") != 0]


class TestOne:
    def test_it_is_gone_at_once_and_the_rest_follows(self, table: MemoryTable) -> None:
        other = created()
        # Counters are spread by chance; their sums and everything else must be as before.
        before = without_counters(table)
        vote_id = created()
        cast(vote_id, MEMBER, 1)
        answer = delete(vote_id)
        assert (answer.status, answer.text) == (204, "")
        assert show(vote_id).status == results(vote_id).status == 404
        assert cast(vote_id, MAKER, 1).status == close(vote_id).status == 404
        for wanted in ("", f"?event={EVENT}", f"?creator={MAKER}", "?status=active"):
            page = listed(wanted).json
            assert (page["count"], [v["id"] for v in page["results"]]) == (1, [other])
        assert len(query(keys.ballots(vote_id))) == 1
        removal.remove_ballots(vote_id)
        removal.remove_ballots(vote_id)
        assert without_counters(table) == before

    def test_it_is_for_the_creators_of_vote_and_event(self) -> None:
        for user_id, status in ((OWNER, 204), (MAKER, 204), (MEMBER, 403), (STRANGER, 403)):
            vote_id = created(MAKER)
            assert delete(vote_id, user_id).status == status
            assert show(vote_id).status == (404 if status == 204 else 200)

    def test_twice_is_not_found(self) -> None:
        vote_id = created()
        assert [delete(vote_id).status, delete(vote_id).status] == [204, 404]

    def test_an_ended_vote_can_be_deleted(self, table: MemoryTable) -> None:
        before = without_counters(table)
        vote_id = created()
        close(vote_id)
        assert delete(vote_id).status == 204
        assert without_counters(table) == before
        assert listed().json["count"] == 0

    def test_closing_at_the_same_time_leaves_no_row(
        self, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = without_counters(table)
        vote_id = created()
        remove = store.remove

        def late(vote: Any) -> None:
            monkeypatch.setattr(store, "remove", remove)
            close(vote_id)
            remove(vote)

        monkeypatch.setattr(store, "remove", late)
        assert delete(vote_id).status == 204
        assert without_counters(table) == before
        assert sum(item.get("n", 0) for item in contents(table)) == 0


class TestWithEvent:
    def test_nothing_is_left_of_its_votes_and_others_stay(self, table: MemoryTable) -> None:
        kept = created(event=OTHER)
        cast(kept, MAKER, 1)
        before = without_counters(table)
        votes = [created(), created(ends_at=None), created(OWNER)]
        close(votes[0])
        for voter in range(1_000, 1_060):
            joins(voter)
            for vote_id in votes[1:]:
                store.cast(*ballot(vote_id, voter))
        vanishes()
        removal.remove_with_event(EVENT)
        assert [i for i in without_counters(table) if i not in before] == [
            item
            for item in without_counters(table)
            if item["kind"] == "participant" and item["user_id"] >= 1_000
        ]
        page = listed().json
        assert (page["count"], [v["id"] for v in page["results"]]) == (1, [kept])
        again = len(table.stream)
        removal.remove_with_event(EVENT)
        assert len(table.stream) == again

    def test_it_may_die_anywhere_and_start_anew(
        self, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = without_counters(table)
        votes = [created() for _ in range(5)]
        for vote_id in votes:
            cast(vote_id, MEMBER, 1)
        for operation in ("query", "get_item", "transact_write_items", "batch_write_item"):
            works = getattr(table, operation)

            def die(works: Any = works, **request: Any) -> Any:
                works(**request)
                raise StoreUnavailable("no answer")

            with monkeypatch.context() as patch:
                patch.setattr(table, operation, die)
                with pytest.raises(StoreUnavailable):
                    removal.remove_with_event(EVENT)
        removal.remove_with_event(EVENT)
        # Whoever hears from the stream that a vote is gone looks after its ballots again.
        for record in table.stream:
            old = record["dynamodb"].get("OldImage", {})
            if record["eventName"] == "REMOVE" and old["kind"] == {"S": "vote"}:
                removal.remove_ballots(unmarshal_item(old)["id"])
        assert without_counters(table) == before

    def test_an_event_without_votes_is_one_request(self, table: MemoryTable) -> None:
        table.requests.clear()
        removal.remove_with_event(OTHER)
        assert [name for name, _ in table.requests] == ["Query"]


def without_counters(table: MemoryTable) -> list[dict[str, Any]]:
    return [item for item in contents(table) if item["kind"] != "counter"]


def ballot(vote_id: int, voter: int) -> tuple[Vote, Ballot]:
    vote = store.get_vote(vote_id)
    assert vote is not None
    return vote, Ballot(
        vote_id=vote_id,
        event_id=vote.event_id,
        user_id=voter,
        option_ids=(1,),
        voted_at=vote.created_at,
    )
