"""What is told of changes, held against what the API answers."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gatherhub import clock
from gatherhub.accounts.people import UNKNOWN
from gatherhub.realtime.announcements import Announcement, announcements
from gatherhub.realtime.audiences import Topic
from gatherhub.table import keys
from gatherhub.table.errors import StoreUnavailable
from gatherhub.table.stream import Change, read
from gatherhub.table.writes import Delete, Update, write
from gatherhub.voting import store
from gatherhub.voting.entities import Option, Vote
from tests.integration.events import support as events
from tests.integration.events.support import ANNA, BEN
from tests.integration.tasks import support as tasks
from tests.integration.voting import support as voting
from tests.integration.voting.support import EVENT, LATER, MAKER, MEMBER, OWNER, STRANGER
from tests.memory_table import MemoryTable
from tests.people import embedded, person
from tests.sockets import recorded
from tests.template import resources

Told = tuple[str, dict[str, Any]]


class Stream:
    """What happens to the table, in batches as the broadcaster gets them."""

    def __init__(self, table: MemoryTable) -> None:
        self.table = table
        self._seen = 0

    def batch(self) -> list[Change]:
        """Return the changes since the last batch, all of them."""
        start, self._seen = self._seen, len(self.table.stream)
        return [read(record) for record in self.table.stream[start:]]

    def announced(self) -> list[Announcement]:
        """Return what is to be told of the next batch, in which nothing may be malformed."""
        announced = announcements(self.batch())
        assert announced.malformed == []
        return announced.found

    def told(self) -> list[Told]:
        """Return the types and data of what is to be told of the next batch."""
        return [(found.message.type, dict(found.message.data)) for found in self.announced()]


@pytest.fixture
def stream(stack: None) -> Iterator[Stream]:
    with MemoryTable().installed() as table:
        yield Stream(table)


def types(told: list[Told]) -> list[str]:
    return [message_type for message_type, _ in told]


def described(vote_id: int) -> dict[str, Any]:
    """Return a vote as its details show it, without what is about the viewer."""
    details: dict[str, Any] = voting.show(vote_id).json
    assert (details.pop("user_voted"), details.pop("user_vote")) == (False, None)
    return details


class TestEvents:
    @pytest.fixture
    def anna(self, stream: Stream) -> str:  # noqa: ARG002  (the table must be there)
        return person(ANNA)

    @pytest.fixture
    def event(self, anna: str, stream: Stream) -> int:
        """Create an event whose creation has been told."""
        event = events.created(anna, max_participants=10)
        stream.batch()
        return event

    def test_a_created_event_is_told_as_in_a_list(self, anna: str, stream: Stream) -> None:
        event = events.create(anna, description="Bring cake 🍰", max_participants=5).json
        assert events.find(anna).json["results"] == [event]
        (announcement,) = stream.announced()
        assert announcement.message.data == event
        assert announcement.message.type == "event_created"
        assert (announcement.topic, announcement.event_id) == (Topic.EVENTS, event["id"])

    def test_an_edit_is_told_as_it_was_made(self, anna: str, event: int, stream: Stream) -> None:
        first = events.update(anna, event, title="Dinner").json
        second = events.update(anna, event, location="Park", date="2031-01-01T00:00:00Z").json
        assert stream.told() == [("event_updated", first), ("event_updated", second)]

    def test_an_edit_that_changes_nothing_is_not_told(
        self, anna: str, event: int, stream: Stream
    ) -> None:
        events.update(anna, event, title="Picnic")
        assert stream.told() == []

    def test_coming_and_going_are_told_with_who_and_how_many_there_are_then(
        self, event: int, stream: Stream
    ) -> None:
        ben, carl = person(BEN), person(events.CARL)
        for act, token in ((events.join, ben), (events.join, carl), (events.leave, ben)):
            act(token, event)
        assert stream.told() == [
            ("event_joined", {"event_id": event, "current_participants": n, "user": embedded(who)})
            for n, who in ((2, BEN), (3, events.CARL))
        ] + [
            ("event_left", {"event_id": event, "current_participants": 2, "user": embedded(BEN)}),
        ]

    def test_who_could_not_join_or_leave_is_not_told(
        self, anna: str, event: int, stream: Stream
    ) -> None:
        assert events.join(anna, event).status == 400
        assert events.leave(anna, event).status == 403
        assert events.leave(person(BEN), event).status == 400
        assert stream.told() == []

    def test_an_edit_after_a_join_is_an_edit(self, anna: str, event: int, stream: Stream) -> None:
        events.join(person(BEN), event)
        events.update(anna, event, title="Dinner")
        assert types(stream.told()) == ["event_joined", "event_updated"]

    def test_a_deleted_event_is_told_by_its_id(self, anna: str, event: int, stream: Stream) -> None:
        events.delete(anna, event)
        assert stream.told() == [("event_deleted", {"event_id": event})]

    def test_people_have_their_present_names(self, anna: str, event: int, stream: Stream) -> None:
        events.update(anna, event, title="Dinner")
        write(Update(keys.user(ANNA), assign={"first_name": "Anne"}))
        ((_, data),) = stream.told()
        assert data["creator"] == {**embedded(ANNA), "first_name": "Anne"}

    def test_people_who_are_gone_are_unknown(self, event: int, stream: Stream) -> None:
        events.join(person(BEN), event)
        write(Delete(keys.user(BEN)))
        ((_, data),) = stream.told()
        assert (data["user"]["id"], data["user"]["username"]) == (BEN, UNKNOWN)

    def test_the_status_is_that_of_the_change(self, anna: str, stream: Stream) -> None:
        events.created(anna, date="2027-01-15T08:00:00Z")
        (change,) = [c for c in stream.batch() if c.key.sk == "EVENT"]
        statuses = [
            announcements([Change(change.what, change.key, None, change.new, at, "1")])
            .found[0]
            .message.data["status"]
            for at in (1_799_999_999, 1_800_000_000, 1_800_010_800)
        ]
        assert statuses == ["upcoming", "ongoing", "completed"]


class TestTasks:
    @pytest.fixture
    def tokens(self, stream: Stream) -> dict[int, str]:  # noqa: ARG002  (as above)
        return tasks.people()

    @pytest.fixture
    def event(self, tokens: dict[int, str], stream: Stream) -> int:
        event = tasks.event(tokens[tasks.HOST])
        stream.batch()
        return event

    @pytest.fixture
    def task(self, tokens: dict[int, str], event: int, stream: Stream) -> int:
        """Create a task whose creation has been told."""
        task: int = tasks.create(tokens[tasks.CREATOR], event).json["id"]
        stream.batch()
        return task

    def listed(self, token: str) -> dict[str, Any]:
        (task,) = tasks.listed(token).json["results"]
        shown: dict[str, Any] = task
        return shown

    @pytest.mark.parametrize(
        "fields",
        [{}, {"assignee": tasks.GUEST, "due_date": "2030-01-01T00:00:00Z", "priority": "high"}],
    )
    def test_a_created_task_is_told_as_in_a_list(
        self, fields: dict[str, Any], tokens: dict[int, str], event: int, stream: Stream
    ) -> None:
        tasks.create(tokens[tasks.CREATOR], event, **fields)
        (announcement,) = stream.announced()
        assert announcement.message.type == "task_created"
        assert announcement.message.data == self.listed(tokens[tasks.HOST])
        assert (announcement.topic, announcement.event_id) == (Topic.TASKS, event)

    @pytest.mark.parametrize(
        ("fields", "message_type"),
        [
            ({"title": "Bread"}, "task_updated"),
            ({"status": "in_progress"}, "task_updated"),
            ({"assignee": tasks.GUEST}, "task_assigned"),
            ({"assignee": tasks.GUEST, "title": "Bread"}, "task_assigned"),
            ({"status": "completed"}, "task_completed"),
            ({"status": "completed", "assignee": tasks.GUEST}, "task_completed"),
        ],
    )
    def test_an_edit_is_told_by_what_says_most(
        self,
        fields: dict[str, Any],
        message_type: str,
        tokens: dict[int, str],
        task: int,
        stream: Stream,
    ) -> None:
        assert tasks.update(tokens[tasks.CREATOR], task, **fields).status == 200
        assert stream.told() == [(message_type, self.listed(tokens[tasks.HOST]))]

    def test_the_routes_for_it_are_told_alike(
        self, tokens: dict[int, str], task: int, stream: Stream
    ) -> None:
        token = tokens[tasks.CREATOR]
        steps: list[tuple[Callable[[], object], str | None]] = [
            (lambda: tasks.assign(token, task, assignee=tasks.GUEST), "task_assigned"),
            (lambda: tasks.assign(token, task, assignee=tasks.GUEST), None),
            (lambda: tasks.assign(token, task, assignee=tasks.ASSIGNEE), "task_assigned"),
            (lambda: tasks.assign(token, task, assignee=None), "task_updated"),
            (lambda: tasks.complete(token, task), "task_completed"),
            (lambda: tasks.complete(token, task), None),
            (lambda: tasks.update(token, task, title="Bread"), "task_updated"),
            (lambda: tasks.update(token, task, status="pending"), "task_updated"),
            (lambda: tasks.complete(token, task), "task_completed"),
        ]
        for act, message_type in steps:
            act()
            expected = [(message_type, self.listed(token))] if message_type else []
            assert stream.told() == expected

    def test_a_deleted_task_is_told_by_its_ids(
        self, tokens: dict[int, str], event: int, task: int, stream: Stream
    ) -> None:
        tasks.delete(tokens[tasks.CREATOR], task)
        assert stream.told() == [("task_deleted", {"task_id": task, "event_id": event})]

    def test_the_event_has_its_present_title(
        self, tokens: dict[int, str], event: int, task: int, stream: Stream
    ) -> None:
        tasks.update(tokens[tasks.CREATOR], task, title="Bread")
        events.update(tokens[tasks.HOST], event, title="Dinner")
        told = stream.told()
        assert types(told) == ["task_updated", "event_updated"]
        assert told[0][1]["event"] == {"id": event, "title": "Dinner"}

    def test_a_task_of_an_event_that_is_gone_is_told(
        self, tokens: dict[int, str], event: int, task: int, stream: Stream
    ) -> None:
        tasks.update(tokens[tasks.CREATOR], task, title="Bread")
        tasks.delete_event(event)
        told = stream.told()
        assert types(told) == ["task_updated", "event_deleted"]
        assert told[0][1]["event"] == {"id": event, "title": "(deleted)"}


class TestVotes:
    @pytest.fixture(autouse=True)
    def _party(self, stream: Stream) -> None:
        voting.a_party()
        stream.batch()

    def test_a_created_vote_is_told_as_in_details(self, stream: Stream) -> None:
        vote = voting.created()
        (announcement,) = stream.announced()
        assert announcement.message.type == "vote_created"
        assert announcement.message.data == described(vote)
        assert (announcement.topic, announcement.event_id) == (Topic.VOTING, EVENT)

    def test_a_creation_that_is_told_late_still_has_no_ballots(self, stream: Stream) -> None:
        vote = voting.created()
        before = described(vote)
        voting.cast(vote, MEMBER, 1)
        told = stream.told()
        assert types(told) == ["vote_created", "vote_cast", "vote_results"]
        assert told[0][1] == before

    def test_a_ballot_is_told_twice(self, stream: Stream) -> None:
        vote = voting.created()
        stream.batch()
        voting.cast(vote, MEMBER, 2)
        cast, results = stream.announced()
        assert cast.message.type == "vote_cast"
        assert cast.message.data == {"vote_id": vote, "event_id": EVENT, "total_votes": 1}
        assert results.message.type == "vote_results"
        assert results.message.data == voting.results(vote).json
        for one in (cast, results):
            assert (one.topic, one.event_id) == (Topic.VOTING, EVENT)
        assert cast.sequence == results.sequence
        assert cast.message.id < results.message.id

    def test_totals_are_those_of_all_tallies(self, stream: Stream) -> None:
        voting.an_event(7, owner=OWNER, participants=700)  # of which one tally holds fifty
        vote = voting.created(OWNER, event=7, multiple_choice=True)
        voters = range(100, 120)
        for voter in voters:
            person(voter)
            voting.joins(voter, 7)
            voting.cast(vote, voter, 1, 2)
        told = stream.told()
        assert told.count(("vote_results", voting.results(vote).json)) == len(voters)
        last = {"vote_id": vote, "event_id": 7, "total_votes": len(voters)}
        assert told.count(("vote_cast", last)) == len(voters)

    def test_nothing_says_who_voted(self, stream: Stream) -> None:
        vote = voting.created()
        stream.batch()
        voting.cast(vote, MEMBER, 2)
        voting.close(vote)
        text = json.dumps([announcement.message.text() for announcement in stream.announced()])
        assert f"user{MAKER}" in text  # who created the vote
        assert f"user{MEMBER}" not in text
        assert "user_vote" not in text

    def test_a_refused_ballot_is_not_told(self, stream: Stream) -> None:
        vote = voting.created()
        voting.cast(vote, MEMBER, 1)
        stream.batch()
        for answer in (
            voting.cast(vote, MEMBER, 1),
            voting.cast(vote, STRANGER, 1),
            voting.cast(vote, MAKER, 9),
        ):
            assert answer.status in {400, 403}
        assert stream.told() == []

    @pytest.mark.parametrize("ends_at", [LATER, None])
    def test_an_end_is_told_with_the_results(self, ends_at: str | None, stream: Stream) -> None:
        vote = voting.created(ends_at=ends_at)
        voting.cast(vote, MEMBER, 2)
        stream.batch()
        assert voting.close(vote).status == 200
        ((message_type, data),) = stream.told()  # that tallies are shut is not told
        results = voting.results(vote).json
        assert message_type == "vote_ended"
        assert data["status"] == "ended"
        assert data == {
            **described(vote),
            "results": results["results"],
            "winner": {"option_id": 2, "text": "Sushi"},
        }

    def test_an_end_has_come_also_where_the_tables_clock_is_slow(self, stream: Stream) -> None:
        vote = voting.created()
        stream.batch()
        voting.close(vote)
        (change,) = [c for c in stream.batch() if c.key.sk == "VOTE"]
        slow = Change(change.what, change.key, change.old, change.new, 1_600_000_000, "1")
        (announcement,) = announcements([slow]).found
        assert announcement.message.data["status"] == "ended"

    def test_a_deleted_vote_is_told_by_its_ids(self, stream: Stream) -> None:
        vote = voting.created()
        stream.batch()
        voting.delete(vote)
        assert stream.told() == [("vote_deleted", {"vote_id": vote, "event_id": EVENT})]

    def test_ballots_and_end_of_a_vote_that_is_gone_are_not_told(self, stream: Stream) -> None:
        vote = voting.created()
        voting.cast(vote, MEMBER, 1)
        voting.close(vote)
        voting.delete(vote)
        assert types(stream.told()) == ["vote_created", "vote_deleted"]

    def test_a_vote_of_an_event_that_is_gone_is_told_without_a_date(self, stream: Stream) -> None:
        vote = voting.created()
        voting.cast(vote, MEMBER, 1)
        voting.close(vote)
        voting.vanishes()
        told = stream.told()
        assert types(told) == [
            "vote_created",
            "vote_cast",
            "vote_results",
            "vote_ended",
            "event_deleted",
        ]
        for message_type, data in told:
            if message_type in {"vote_created", "vote_ended"}:
                assert data["event"] == {"id": EVENT, "title": "(deleted)", "date": None}


class TestABatch:
    @pytest.fixture
    def everything(self, stream: Stream) -> list[Change]:
        """Let everything happen that is told, and much that is not."""
        tokens = tasks.people()
        voting.a_party()
        host = tokens[tasks.HOST]
        event = tasks.event(host)
        events.join(tokens[tasks.STRANGER], event)
        events.update(host, event, title="Dinner")
        task = tasks.create(host, event).json["id"]
        tasks.update(host, task, title="Bread")
        tasks.assign(host, task, assignee=tasks.GUEST)
        tasks.complete(host, task)
        vote, other = voting.created(), voting.created()
        voting.cast(vote, MEMBER, 1)
        voting.cast(other, MEMBER, 2)
        voting.close(vote)
        events.leave(tokens[tasks.STRANGER], event)
        tasks.delete(host, task)
        voting.delete(other)
        events.delete(host, event)
        return stream.batch()

    def test_is_told_in_its_order_and_ids_of_one_object_ascend(
        self, everything: list[Change]
    ) -> None:
        found = announcements(everything).found
        told = [one.message.type for one in found]
        assert set(told) == {
            "event_created", "event_updated", "event_joined", "event_left", "event_deleted",
            "task_created", "task_updated", "task_assigned", "task_completed", "task_deleted",
            "vote_created", "vote_cast", "vote_results", "vote_ended", "vote_deleted",
        }  # fmt: skip
        order = {change.sequence: number for number, change in enumerate(everything)}
        places = [order[one.sequence] for one in found]
        assert places == sorted(places)
        ids = [one.message.id for one in found]
        assert ids == sorted(set(ids))

    def test_is_read_in_one_step(self, everything: list[Change], stream: Stream) -> None:
        stream.table.requests.clear()
        announcements(everything)
        # The vote that is gone has a ballot in the batch too.
        assert sorted(name for name, _ in stream.table.requests) == [
            "BatchGetItem",
            "Query",
            "Query",
        ]

    def test_that_is_told_again_has_the_same_ids(self, everything: list[Change]) -> None:
        first, again = (announcements(everything).found for _ in range(2))
        assert [one.message for one in first] == [one.message for one in again]

    def test_of_deletions_reads_nothing(self, everything: list[Change], stream: Stream) -> None:
        stream.table.requests.clear()
        removed = [change for change in everything if change.what == "REMOVE"]
        told = [one.message.type for one in announcements(removed).found]
        assert sorted(told) == ["event_deleted", "task_deleted", "vote_deleted"]
        assert stream.table.requests == []

    def test_that_can_not_be_read_for_fails(
        self, everything: list[Change], stream: Stream, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(**_: object) -> None:
            raise StoreUnavailable("down")

        monkeypatch.setattr(stream.table, "query", fail)
        with pytest.raises(StoreUnavailable):
            announcements(everything)

    def test_without_changes_is_empty(self, stream: Stream) -> None:
        announced = announcements([])
        assert (announced.found, announced.malformed) == ([], [])
        assert stream.table.requests == []

    def test_the_filter_of_the_stream_lets_through_what_is_told(
        self, everything: list[Change], stream: Stream
    ) -> None:
        passed = {
            record["dynamodb"]["SequenceNumber"]
            for record in stream.table.stream
            if any(matches(record, pattern) for pattern in patterns())
        }
        told = {one.sequence for one in announcements(everything).found}
        assert told <= passed
        rest = [change for change in everything if change.sequence in passed - told]
        # What was told of the vote that is gone by now, and tallies that are shut with their vote.
        assert {(change.what, change.key.sk[:5]) for change in rest} == {("MODIFY", "TALLY")}


def patterns() -> list[dict[str, Any]]:
    function = resources("AWS::Serverless::Function")["BroadcastFunction"]
    criteria = function["Events"]["Changes"]["Properties"]["FilterCriteria"]
    return [json.loads(entry["Pattern"]) for entry in criteria["Filters"]]


def matches(record: Any, pattern: Any) -> bool:
    """Tell whether a record fits a filter of values alone, as Lambda would."""
    if isinstance(pattern, list):
        return record in pattern
    return all(name in record and matches(record[name], pattern[name]) for name in pattern)


class TestMalformed:
    @pytest.fixture
    def changes(self, stream: Stream) -> list[Change]:
        """Let a ballot be cast, an event be joined, and a vote end."""
        voting.a_party()
        vote = voting.created()
        event = events.created(person(ANNA))
        stream.batch()
        voting.cast(vote, MEMBER, 1)
        events.join(person(BEN), event)
        voting.close(vote)
        kinds = {"vote", "tally", "event"}
        return [c for c in stream.batch() if c.new and c.new["kind"] in kinds]

    @pytest.mark.parametrize(
        ("kind", "attributes"),
        [
            ("tally", {"ballots": None}),
            ("tally", {"ballots": "many"}),
            ("event", {"counted_user_id": None}),
            ("event", {"date": "soon"}),
            ("event", {"version": None}),
            ("vote", {"options": "none"}),
            ("vote", {"closed_at": "yes"}),
            ("vote", {"creator_id": None}),
        ],
    )
    def test_what_is_not_what_its_kind_says_fails_only_itself(
        self, kind: str, attributes: dict[str, Any], changes: list[Change]
    ) -> None:
        number = next(n for n, c in enumerate(changes) if c.new and c.new["kind"] == kind)
        good = changes[number]
        broken = Change(
            good.what, good.key, good.old, {**(good.new or {}), **attributes}, good.at, "9"
        )
        expected = announcements(changes)
        announced = announcements([*changes[:number], broken, *changes[number:]])
        assert announced.found == expected.found
        ((change, error),) = announced.malformed
        assert change is broken
        assert good.key.pk in str(error)

    def test_an_item_that_is_read_may_be_malformed_too(self, changes: list[Change]) -> None:
        (vote,) = {change.key for change in changes if change.key.sk == "VOTE"}
        write(Update(vote, assign={"options": "none"}))
        announced = announcements(changes)
        assert [one.message.type for one in announced.found] == ["event_joined"]
        assert {change.key.pk for change, _ in announced.malformed} == {vote.pk}

    @pytest.mark.parametrize("image", ["old", "new"])
    def test_a_record_without_an_image_is_malformed(
        self, image: str, changes: list[Change]
    ) -> None:
        change = next(change for change in changes if change.key.sk == "EVENT")
        without = Change(
            what="REMOVE" if image == "new" else change.what,
            key=change.key,
            old=None,
            new=change.new,
            at=change.at,
            sequence=change.sequence,
        )
        announced = announcements([without])
        assert announced.found == []
        assert [malformed for malformed, _ in announced.malformed] == [without]

    @pytest.mark.parametrize("kind", ["ballot", "counter", "row", "user", "session", None])
    def test_other_kinds_are_bookkeeping_whatever_they_hold(self, kind: Any) -> None:
        for what in ("INSERT", "MODIFY", "REMOVE"):
            item = {"kind": kind} if kind else {}
            announced = announcements([Change(what, keys.health(), item, item, 1, "1")])
            assert (announced.found, announced.malformed) == ([], [])


class TestRecorded:
    """Records as DynamoDB writes them, with everything that it says."""

    @pytest.fixture(autouse=True)
    def _party(self, stream: Stream) -> None:  # noqa: ARG002  (the table must be there)
        person(41)
        person(42)
        voting.an_event(373774320291, owner=41)

    def told(self, name: str) -> list[tuple[str, dict[str, Any], str]]:
        """Return type, data and id of what a record means."""
        announced = announcements([read(recorded(name)["Records"][0])])
        assert announced.malformed == []
        return [(f.message.type, dict(f.message.data), f.message.id) for f in announced.found]

    def test_a_ballot_makes_two_messages_with_neighbouring_ids(self) -> None:
        vote = Vote(
            id=373774320577,
            event_id=373774320291,
            creator_id=41,
            title="Food",
            description="",
            options=(Option(id=1, text="Pizza"), Option(id=2, text="Sushi")),
            ends_at=clock.from_text("2026-11-29T12:00:00Z"),
            multiple_choice=False,
            created_at=clock.from_text("2026-11-22T12:00:00Z"),
            shards=1,
        )
        store.add(vote)
        tally = keys.tally(vote.id, 0)
        write(Update(tally, assign={"ballots": 5, "o1": 3, "o2": 2}))
        assert self.told("stream_ballot_counted") == [
            (
                "vote_cast",
                {"vote_id": vote.id, "event_id": vote.event_id, "total_votes": 5},
                "1795348800-00000000000044215845000000000174504390920759197",
            ),
            (
                "vote_results",
                {
                    "id": vote.id,
                    "title": "Food",
                    "status": "active",
                    "total_votes": 5,
                    "results": [
                        {"option_id": 1, "text": "Pizza", "vote_count": 3, "percentage": 60.0},
                        {"option_id": 2, "text": "Sushi", "vote_count": 2, "percentage": 40.0},
                    ],
                    "ends_at": "2026-11-29T12:00:00Z",
                    "winner": {"option_id": 1, "text": "Pizza"},
                },
                "1795348800-00000000000044215845000000000174504390921759197",
            ),
        ]

    def test_who_joined_is_named(self) -> None:
        ((message_type, data, _),) = self.told("stream_event_joined")
        assert message_type == "event_joined"
        assert data == {
            "event_id": 373774320291,
            "current_participants": 2,
            "user": embedded(42),
        }

    def test_a_deletion_has_the_old_image_alone(self) -> None:
        ((message_type, data, _),) = self.told("stream_task_deleted")
        assert message_type == "task_deleted"
        assert data == {"task_id": 373774320612, "event_id": 373774320291}


def test_a_tally_tells_its_vote_and_nothing_else_does() -> None:
    assert keys.vote_of_tally(keys.tally(2**53 - 1, 3)) == 2**53 - 1
    for key in (keys.vote(5), keys.task(5), keys.Key("VOTES#5", "TALLY#00"), keys.ballot(5, 6)):
        with pytest.raises(ValueError, match="no tally"):
            keys.vote_of_tally(key)
