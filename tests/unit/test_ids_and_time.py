from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherhub import clock, ids
from gatherhub.schemas import parse_time


def test_ids_sort_by_creation_and_fit_a_json_number(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = [1_704_067_200_000, 1_704_067_200_001, 1_800_000_000_000, 3_900_000_000_000]
    drawn = []
    for moment in moments:
        monkeypatch.setattr("time.time_ns", lambda moment=moment: moment * 1_000_000)
        drawn.append(ids.new_id())
    assert drawn == sorted(drawn)
    assert all(0 <= drawn_id < 2**53 for drawn_id in drawn)
    assert [ids.sortable(drawn_id) for drawn_id in drawn] == sorted(map(ids.sortable, drawn))
    assert {len(ids.sortable(drawn_id)) for drawn_id in drawn} == {16}


def test_ids_of_one_millisecond_differ_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time_ns", lambda: 1_800_000_000_000_000_000)
    assert len({ids.new_id() for _ in range(50)}) > 40


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001
def test_times_are_kept_to_the_second_and_sort_as_text(moment: datetime) -> None:
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    text = clock.to_text(whole)
    assert len(text) == 20
    assert clock.from_text(text) == whole


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z"),
        ("2024-01-01T12:00:00", "2024-01-01T12:00:00Z"),
        ("2024-01-01 12:00", "2024-01-01T12:00:00Z"),
        ("2024-01-01T12:00:00.999999Z", "2024-01-01T12:00:00Z"),
        ("2024-01-01T12:00:00+05:30", "2024-01-01T06:30:00Z"),
        ("2024-01-01T00:30:00-0800", "2024-01-01T08:30:00Z"),
        ("2024-01-01T12:00:00+02", "2024-01-01T10:00:00Z"),
        ("2024-02-29t12:00:00z", "2024-02-29T12:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_read_in_any_offset(sent: str, kept: str) -> None:
    assert clock.to_text(parse_time(sent)) == kept


@pytest.mark.parametrize(
    "sent",
    [
        "", "2024-01-01", "12:00", "2023-02-29T12:00:00Z", "2024-01-01T25:00:00Z", "tomorrow",
        "2024-01-01T12:00:00+99:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
        1704110400, None, True, 1.5, [], "2024-01-01T12:00:00Z\n", "\uff12024-01-01T12:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused(sent: object) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_time(sent)
