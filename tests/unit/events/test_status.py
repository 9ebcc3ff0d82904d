from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from gatherhub import clock
from gatherhub.events.schemas import Status
from gatherhub.events.status import range_of, status_at

DATE = datetime(2026, 6, 1, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (DATE - SECOND, "upcoming"),
        (DATE, "ongoing"),
        (DATE + timedelta(hours=3) - SECOND, "ongoing"),
        (DATE + timedelta(hours=3), "completed"),
    ],
)
def test_status_follows_the_clock_to_the_second(moment: datetime, expected: str) -> None:
    assert status_at(DATE, moment) == expected


def test_how_long_an_event_is_ongoing_can_be_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONGOING_HOURS", "5")
    assert status_at(DATE, DATE + timedelta(hours=4)) == "ongoing"


def test_dates_at_the_ends_of_the_calendar_have_a_status() -> None:
    assert status_at(datetime.max.replace(tzinfo=UTC), DATE) == "upcoming"
    assert status_at(datetime.min.replace(tzinfo=UTC), DATE) == "completed"


@pytest.mark.parametrize("hours", [-100_000, -3, 0, 3, 100_000])
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_an_event_is_in_the_range_of_its_status_alone(hours: int, seconds: int) -> None:
    date = clock.to_text(DATE + timedelta(hours=hours, seconds=seconds))
    within = {s: range_of(s, DATE) for s in get_args(Status)}
    assert [s for s, r in within.items() if r.start <= date < r.end] == [
        status_at(clock.from_text(date), DATE)
    ]
