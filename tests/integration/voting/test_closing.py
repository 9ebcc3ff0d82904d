"""Ends of votes: early by those who may, and noticed when they come."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gatherhub import aws, clock, queues, settings
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.reads import get, query
from gatherhub.voting import closing, ending, store
from tests.http import handler
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
    close,
    created,
    delete,
    leaves,
    listed,
    results,
    show,
)
from tests.memory_table import MemoryTable

BEFORE = "2040-01-01T11:59:00Z"


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    a_party()


class Queue:
    """Stands in for the queue: what was sent to it, and what it refuses."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, Any], int]] = []
        self.refuses = False
        self._lock = threading.Lock()

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int) -> None:  # noqa: N803
        assert QueueUrl == settings.closing_queue_url()
        if self.refuses:
            raise ClientError({"Error": {"Code": "Refused"}}, "SendMessage")
        with self._lock:
            self.sent.append((json.loads(MessageBody), DelaySeconds))

    def due(self) -> list[tuple[int, int]]:
        """Return (vote, delay) of what was sent since the last time."""
        sent, self.sent = self.sent, []
        return sorted((body["vote_id"], delay) for body, delay in sent)


@pytest.fixture
def queue(table: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> Queue:
    stand_in = Queue()
    client = aws.client

    def choose(service: str, endpoint_url: str | None = None) -> Any:
        return stand_in if service == "sqs" else client(service, endpoint_url)

    monkeypatch.setattr(aws, "client", choose)
    return stand_in


@pytest.fixture(autouse=True)
def _seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the queue's seconds pass as the clock of the test says."""
    monkeypatch.setattr("gatherhub.voting.ending.time.time", lambda: clock.now().timestamp())
    monkeypatch.setattr("gatherhub.voting.ending.time.sleep", lambda _: None)


def schedule() -> None:
    assert handler("voting.schedule_closing")({}, SimpleNamespace()) is None


def deliver(*messages: tuple[int, str]) -> list[str]:
    """Deliver messages about (vote, end), and return which ones must come again."""
    records = [
        {
            "messageId": str(number),
            "body": json.dumps({"vote_id": vote_id, "end": end}),
            "eventSource": "aws:sqs",
        }
        for number, (vote_id, end) in enumerate(messages)
    ]
    answer = handler("voting.close_due")({"Records": records}, SimpleNamespace())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def noted(vote_id: int) -> str | None:
    item = get(keys.vote(vote_id)) or {}
    return item.get("closed_at")


class TestEarly:
    def test_the_answer_says_when_it_ended(self) -> None:
        vote_id = created(ends_at=None)
        answer = close(vote_id)
        assert answer.status == 200
        body = answer.json
        ends_at = body["vote"].pop("ends_at")
        assert ends_at <= clock.to_text(clock.now())
        assert body == {
            "message": "Vote closed successfully",
            "vote": {"id": vote_id, "title": "Dinner", "status": "ended"},
        }
        shown = show(vote_id).json
        assert (shown["status"], shown["ends_at"]) == ("ended", ends_at)
        assert noted(vote_id) == ends_at

    def test_it_is_for_the_creators_of_vote_and_event(self) -> None:
        for user_id, status in ((OWNER, 200), (MAKER, 200), (MEMBER, 403), (STRANGER, 403)):
            vote_id = created(MAKER)
            answer = close(vote_id, user_id)
            assert answer.status == status
            if status == 403:
                assert answer.json["error"] == "permission_denied"
                assert show(vote_id).json["status"] == "active"

    def test_whoever_left_may_still_close_their_vote(self) -> None:
        vote_id = created(MAKER)
        leaves(MAKER)
        assert close(vote_id, MAKER).status == 200

    def test_closing_again_changes_nothing(self, time_machine: Clock, table: MemoryTable) -> None:
        vote_id = created()
        first = close(vote_id).json
        time_machine.advance_to("2030-01-01T00:00:00Z")
        written = len(table.stream)
        assert close(vote_id).json == first
        assert len(table.stream) == written + 1  # the counter of the rate limit

    def test_an_end_that_has_come_is_not_moved(self, time_machine: Clock) -> None:
        vote_id = created(ends_at=LATER)
        time_machine.advance_to(LATER)
        assert close(vote_id).json["vote"]["ends_at"] == LATER
        assert show(vote_id).json["ends_at"] == LATER

    def test_ballots_stay_and_no_more_come(self) -> None:
        vote_id = created()
        cast(vote_id, MEMBER, 2)
        close(vote_id)
        assert cast(vote_id, MAKER, 1).json["error"] == "voting_ended"
        body = results(vote_id).json
        assert (body["status"], body["total_votes"]) == ("ended", 1)
        assert body["winner"] == {"option_id": 2, "text": "Sushi"}

    @pytest.mark.parametrize("ends_at", [None, LATER])
    def test_the_vote_moves_to_its_new_end_in_every_list(self, ends_at: str | None) -> None:
        vote_id, other = created(ends_at=ends_at), created(ends_at="2035-01-01T00:00:00Z")
        close(vote_id)
        for query_ in ("", f"event={EVENT}&", f"creator={MAKER}&"):
            for status, expected in (("active", other), ("ended", vote_id)):
                page = listed(f"?{query_}status={status}").json
                assert (page["count"], [v["id"] for v in page["results"]]) == (1, [expected])
        (pointer,) = query(keys.event(EVENT).pk, f"VOTE#{vote_id:016d}")
        assert pointer["end"] == show(vote_id).json["ends_at"]

    def test_closing_at_the_same_time_happens_once(self, table: MemoryTable) -> None:
        vote_id = created()
        written = len(table.stream)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: closing.close(MAKER, vote_id), range(8)))
        assert len({answer.vote.ends_at for answer in answers}) == 1
        changes = [r for r in table.stream[written:] if r["dynamodb"]["Keys"]["sk"]["S"] == "VOTE"]
        assert len(changes) == 1


class TestSchedule:
    def test_each_end_that_comes_soon_is_sent_to_arrive_just_before(
        self, time_machine: Clock, queue: Queue
    ) -> None:
        soon, now = created(ends_at=LATER), created(ends_at="2040-01-01T11:59:01Z")
        created(ends_at="2040-01-01T12:01:30Z")  # beyond the horizon
        created(ends_at=None)
        time_machine.advance_to(BEFORE)
        schedule()
        assert queue.due() == sorted([(soon, 59), (now, 0)])

    def test_it_looks_farther_than_to_the_next_look(self) -> None:
        # A schedule keeps the minute: up to 119 seconds lie between two looks.
        assert ending.HORIZON.total_seconds() > 120

    def test_what_was_missed_is_sent_until_it_is_noted(
        self, time_machine: Clock, queue: Queue
    ) -> None:
        lost = created(ends_at=LATER)
        time_machine.advance_to("2040-01-01T12:40:00Z")
        schedule()
        assert queue.due() == [(lost, 0)]
        assert deliver((lost, LATER)) == []
        schedule()
        assert queue.due() == []

    def test_what_was_missed_for_long_is_sent_once_an_hour(
        self, time_machine: Clock, queue: Queue
    ) -> None:
        lost = created(ends_at=LATER)
        time_machine.advance_to("2040-01-06T12:59:00Z")
        schedule()
        assert queue.due() == []
        time_machine.advance_to("2040-01-06T13:00:00Z")
        schedule()
        assert queue.due() == [(lost, 0)]

    def test_what_was_closed_early_is_not_sent(self, time_machine: Clock, queue: Queue) -> None:
        vote_id = created(ends_at=LATER)
        time_machine.advance_to(BEFORE)
        close(vote_id)
        schedule()
        assert queue.due() == []

    def test_a_queue_that_refuses_fails_the_run(self, time_machine: Clock, queue: Queue) -> None:
        created(ends_at=LATER)
        time_machine.advance_to(BEFORE)
        queue.refuses = True
        with pytest.raises(queues.NotSent):
            schedule()

    def test_many_ends_are_all_sent(self, time_machine: Clock, queue: Queue) -> None:
        votes = sorted(created(ends_at=LATER) for _ in range(23))
        time_machine.advance_to(BEFORE)
        schedule()
        assert queue.due() == [(vote_id, 59) for vote_id in votes]

    def test_looking_is_one_request(
        self, time_machine: Clock, queue: Queue, table: MemoryTable
    ) -> None:
        for _ in range(3):
            created(ends_at=LATER)
        time_machine.advance_to(BEFORE)
        table.requests.clear()
        schedule()
        assert len(queue.due()) == 3
        assert [name for name, _ in table.requests] == ["Query"]


class TestANewVoteThatEndsSoon:
    def test_it_is_sent_at_once(self, time_machine: Clock, queue: Queue) -> None:
        time_machine.advance_to(BEFORE)
        soon = created(ends_at=LATER)
        assert queue.due() == [(soon, 59)]
        created(ends_at="2040-01-01T12:05:00Z")
        created(ends_at=None)
        assert queue.due() == []

    def test_it_is_created_also_when_the_queue_refuses(
        self, time_machine: Clock, queue: Queue
    ) -> None:
        time_machine.advance_to(BEFORE)
        queue.refuses = True
        vote_id = created(ends_at=LATER)
        queue.refuses = False
        schedule()
        assert queue.due() == [(vote_id, 59)]

    def test_it_is_created_also_when_the_queue_can_not_be_reached(
        self, time_machine: Clock
    ) -> None:
        time_machine.advance_to(BEFORE)
        assert show(created(ends_at=LATER)).json["status"] == "active"


class TestDue:
    def test_the_end_is_noted_once(self, time_machine: Clock, table: MemoryTable) -> None:
        vote_id = created(ends_at=LATER)
        cast(vote_id, MEMBER, 1)
        time_machine.advance_to(LATER)
        assert noted(vote_id) is None
        assert deliver((vote_id, LATER)) == []
        assert noted(vote_id) == LATER
        written = len(table.stream)
        assert deliver((vote_id, LATER), (vote_id, LATER)) == []
        assert len(table.stream) == written
        assert show(vote_id).json["ends_at"] == LATER
        assert results(vote_id).json["total_votes"] == 1

    def test_no_ballot_comes_after_the_note_whatever_a_clock_says(
        self, time_machine: Clock
    ) -> None:
        vote_id = created(ends_at=LATER)
        time_machine.advance_to(LATER)
        deliver((vote_id, LATER))
        time_machine.advance_to(BEFORE)  # a container whose clock is a minute slow
        assert cast(vote_id, MEMBER, 1).json["error"] == "voting_ended"

    def test_a_vote_that_is_gone_closed_or_another_is_passed_over(
        self, time_machine: Clock
    ) -> None:
        deleted, early, fine = (created(ends_at=LATER) for _ in range(3))
        delete(deleted)
        close(early)
        ended = show(early).json["ends_at"]
        time_machine.advance_to(LATER)
        messages = [(deleted, LATER), (early, LATER), (early, ended), (5, LATER), (fine, LATER)]
        assert deliver(*messages) == []
        assert noted(early) == ended
        assert noted(fine) == LATER

    def test_only_what_failed_comes_again(
        self, time_machine: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fine, broken = created(ends_at=LATER), created(ends_at=LATER)
        time_machine.advance_to(LATER)
        close_vote = store.close

        def fail(old: Any, new: Any) -> None:
            if old.id == broken:
                raise RuntimeError("no answer")
            close_vote(old, new)

        with monkeypatch.context() as patch:
            patch.setattr(store, "close", fail)
            assert deliver((broken, LATER), (fine, LATER)) == ["0"]
        assert noted(fine) == LATER
        assert deliver((broken, LATER)) == []
        assert noted(broken) == LATER

    @pytest.mark.parametrize(("failures", "comes_again"), [(1, []), (2, []), (3, ["0"])])
    def test_a_table_that_fails_for_a_moment_makes_nobody_wait(
        self,
        failures: int,
        comes_again: list[str],
        time_machine: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        vote_id = created(ends_at=LATER)
        time_machine.advance_to(LATER)
        errors = iter([StoreUnavailable("down")] * failures)
        close_vote = store.close

        def fail_at_first(old: Any, new: Any) -> None:
            for error in errors:
                raise error
            close_vote(old, new)

        monkeypatch.setattr(store, "close", fail_at_first)
        assert deliver((vote_id, LATER)) == comes_again
        assert noted(vote_id) == (None if comes_again else LATER)

    def test_a_message_that_is_early_waits_or_comes_again(
        self, time_machine: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vote_id = created(ends_at=LATER)
        slept: list[float] = []
        monkeypatch.setattr("gatherhub.voting.ending.time.sleep", slept.append)
        time_machine.advance_to(BEFORE)
        assert deliver((vote_id, LATER)) == ["0"]
        assert (noted(vote_id), slept) == (None, [])
        time_machine.advance_to("2040-01-01T11:59:58Z")
        assert deliver((vote_id, LATER)) == []
        assert slept == [2.0]
        assert noted(vote_id) == LATER  # not before, whatever the clock says after the wait

    def test_a_message_that_is_none_is_reported(self) -> None:
        record = {"messageId": "x", "body": "{}", "eventSource": "aws:sqs"}
        answer = handler("voting.close_due")({"Records": [record]}, SimpleNamespace())
        assert answer == {"batchItemFailures": [{"itemIdentifier": "x"}]}

    def test_an_empty_batch_is_fine(self) -> None:
        assert deliver() == []

    def test_whoever_deletes_the_vote_meanwhile_wins(
        self, time_machine: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vote_id = created(ends_at=LATER)
        time_machine.advance_to(LATER)
        close_vote = store.close

        def late(*votes: Any) -> None:
            delete(vote_id)
            close_vote(*votes)

        monkeypatch.setattr(store, "close", late)
        assert deliver((vote_id, LATER)) == []
        assert show(vote_id).status == 404
