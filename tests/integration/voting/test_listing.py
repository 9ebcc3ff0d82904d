"""Lists of votes against a plain list in memory, and pages at any depth."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatherhub import clock
from tests.integration.voting.support import (
    EVENT,
    LATER,
    MAKER,
    MEMBER,
    OWNER,
    a_party,
    an_event,
    cast,
    close,
    create,
    created,
    delete,
    joins,
    listed,
    vanishes,
)
from tests.memory_table import MemoryTable
from tests.people import embedded

OTHER = 901
START = "2040-01-01T11:30:00Z"
# Ties, both edges of an hour, of the present one too, other months, and none at all.
ENDS = [
    None,
    "2040-01-01T11:30:01Z",
    "2040-01-01T11:59:59Z",
    "2040-01-01T12:00:00Z",
    "2040-01-01T12:00:01Z",
    "2040-01-31T23:59:59Z",
    "2040-02-01T00:00:00Z",
]
TIMES = [START, *(end for end in ENDS if end)]


@pytest.fixture(autouse=True)
def _party(table: MemoryTable) -> None:
    parties()


def parties() -> None:
    a_party()
    an_event(OTHER, owner=MEMBER)
    joins(MAKER, OTHER)


class TestOne:
    def test_a_row_is_that_of_the_reference(self) -> None:
        vote_id = created()
        cast(vote_id, OWNER, 1)
        cast(vote_id, MEMBER, 2)
        page = listed().json
        (row,) = page.pop("results")
        assert page == {"count": 1, "next": None, "previous": None}
        assert clock.from_text(row.pop("created_at")) <= clock.now()
        assert row == {
            "id": vote_id,
            "title": "Dinner",
            "description": "Where to?",
            "status": "active",
            "event": {"id": EVENT, "title": f"Event {EVENT}"},
            "creator": embedded(MAKER),
            "total_votes": 2,
            "ends_at": LATER,
        }

    def test_the_first_page_of_nothing_is_empty(self) -> None:
        for query in ("", "?status=ended", "?event=5", f"?creator={MAKER}"):
            answer = listed(query)
            assert answer.status == 200
            assert answer.json == {"count": 0, "next": None, "previous": None, "results": []}

    def test_a_page_past_the_end_is_not_found(self) -> None:
        created()
        for query in ("?page=2", f"?page=2&event={EVENT}", f"?page=2&creator={MAKER}"):
            assert listed(query).status == 404

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ("event=x", "event"),
            ("event=0", "event"),
            ("event=", "event"),
            ("creator=-1", "creator"),
            ("creator=1.5", "creator"),
            ("status=open", "status"),
            ("status=", "status"),
            ("status=Active", "status"),
            ("page=0", "page"),
            ("page_size=x", "page_size"),
        ],
    )
    def test_a_malformed_parameter_is_named(self, query: str, field: str) -> None:
        answer = listed(f"?{query}")
        assert (answer.status, answer.json["error"]) == (400, "validation_error")
        assert set(answer.json["details"]) == {field}

    def test_links_keep_the_filters(self) -> None:
        for _ in range(3):
            created()
        page = listed(f"?event={EVENT}&status=active&page=2&page_size=1").json
        base = f"http://localhost:8000/api/v1/voting/?event={EVENT}&status=active&page_size=1"
        assert (page["previous"], page["next"]) == (f"{base}&page=1", f"{base}&page=3")

    def test_a_vote_of_an_event_that_is_gone_is_not_listed(self) -> None:
        created()
        kept = created(event=OTHER)
        vanishes()
        for query in ("", f"?creator={MAKER}", "?status=active"):
            assert [row["id"] for row in listed(query).json["results"]] == [kept]
        assert listed(f"?event={EVENT}").json == {
            "count": 0,
            "next": None,
            "previous": None,
            "results": [],
        }

    def test_a_vote_that_goes_while_the_page_is_read_is_left_out(
        self, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kept, gone = created(), created()
        read = table.batch_get_item

        def late(**request: Any) -> Any:
            monkeypatch.setattr(table, "batch_get_item", read)
            assert delete(gone).status == 204
            return read(**request)

        monkeypatch.setattr(table, "batch_get_item", late)
        assert [row["id"] for row in listed().json["results"]] == [kept]

    def test_totals_of_a_page_with_many_shards(self) -> None:
        a_party(participants=800)
        votes = [created() for _ in range(30)]
        for vote_id in votes[:3]:
            cast(vote_id, MEMBER, 1)
        page = listed("?page_size=100").json
        totals = {row["id"]: row["total_votes"] for row in page["results"]}
        assert totals == {vote_id: int(vote_id in votes[:3]) for vote_id in votes}


def test_deep_pages_hold_what_lies_there() -> None:
    ends = [f"2041-{month:02d}-{day:02d}T10:00:00Z" for month in (1, 7) for day in range(1, 28)]
    votes = [(end, created(ends_at=end)) for end in ends for _ in range(2)]
    expected = [vote_id for _, vote_id in sorted(votes, reverse=True)]
    for page in range(1, 12):
        answer = listed(f"?page={page}&page_size=10").json
        assert answer["count"] == 108
        found = [row["id"] for row in answer["results"]]
        assert found == expected[(page - 1) * 10 : page * 10]


@dataclass
class Known:
    """A vote as the model knows it."""

    id: int
    event: int
    creator: int
    ends_at: str | None
    created_at: str

    @property
    def order(self) -> tuple[bool, str, int]:
        return self.ends_at is None, self.ends_at or self.created_at, self.id

    def matches(self, now: str, event: int | None, status: str | None, creator: int | None) -> bool:
        own_status = "ended" if self.ends_at and self.ends_at <= now else "active"
        return (
            event in {None, self.event}
            and creator in {None, self.creator}
            and status in {None, own_status}
        )


events = st.sampled_from([EVENT, OTHER])
creators = st.sampled_from([MAKER, MEMBER])
statuses = st.sampled_from(["active", "ended"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), events, creators, st.sampled_from(ENDS)),
        st.tuples(st.just("create"), events, creators, st.sampled_from(ENDS)),
        st.tuples(st.sampled_from(["close", "delete"]), st.integers(0, 11)),
        st.tuples(st.just("wait"), st.sampled_from(TIMES)),
    ),
    max_size=14,
)


class _Model:
    """Plays steps against the routes and against a list."""

    def __init__(self) -> None:
        self.votes: list[Known] = []
        self.now = START

    def play(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("create", event, creator, ends_at):
                self._create(event, creator, ends_at)
            case ("wait", moment):
                self.now = max(self.now, moment)
            case ("close", number) if number < len(self.votes):
                self._close(self.votes[number])
            case ("delete", number) if number < len(self.votes):
                vote = self.votes.pop(number)
                assert delete(vote.id, vote.creator).status == 204

    def _create(self, event: int, creator: int, ends_at: str | None) -> None:
        answer = create(creator, event=event, ends_at=ends_at)
        if ends_at and ends_at <= self.now:
            assert answer.status == 400
            return
        assert answer.status == 201
        self.votes.append(Known(answer.json["id"], event, creator, ends_at, self.now))

    def _close(self, vote: Known) -> None:
        assert close(vote.id, vote.creator).status == 200
        if vote.ends_at is None or vote.ends_at > self.now:
            vote.ends_at = self.now

    def expected(self, *filters: Any) -> list[int]:
        found = [vote for vote in self.votes if vote.matches(self.now, *filters)]
        return [vote.id for vote in sorted(found, key=lambda vote: vote.order, reverse=True)]


def parameters(event: int | None, status: str | None, creator: int | None) -> str:
    pairs = {"event": event, "status": status, "creator": creator}
    return "".join(f"&{name}={value}" for name, value in pairs.items() if value is not None)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=steps, size=st.integers(1, 3))
def test_every_filter_shows_what_a_plain_list_would(
    steps: list[tuple[Any, ...]], size: int
) -> None:
    model = _Model()
    with MemoryTable().installed(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: clock.from_text(model.now))
        patch.setattr("gatherhub.voting.ending._send", lambda _: None)
        parties()
        for step in steps:
            model.play(step)
        for event in (None, EVENT, OTHER):
            for status in (None, "active", "ended"):
                for creator in (None, MAKER, MEMBER):
                    filters = (event, status, creator)
                    expected = model.expected(*filters)
                    page = listed(f"?page_size=100{parameters(*filters)}").json
                    assert [row["id"] for row in page["results"]] == expected
                    assert page["count"] == len(expected)
        for status in (None, "active", "ended"):
            expected = model.expected(None, status, None)
            found, query = [], f"?page_size={size}{parameters(None, status, None)}"
            while query:
                page = listed(query).json
                assert page["count"] == len(expected)
                found += [row["id"] for row in page["results"]]
                query = page["next"] and "?" + page["next"].partition("?")[2]
            assert found == expected
