"""The status of an event: nobody sets it, it follows the clock."""

from datetime import datetime, timedelta

from gatherhub import clock, settings
from gatherhub.events.schemas import Status
from gatherhub.table.lists import FIRST, LAST, Range


def status_at(date: datetime, moment: datetime) -> Status:
    """Return the status that an event of `date` has at `moment`."""
    if moment < date:
        return "upcoming"
    # Not `date + duration`: that overflows for a date at the end of the calendar.
    if moment - date < timedelta(hours=settings.ongoing_hours()):
        return "ongoing"
    return "completed"


def range_of(status: Status, moment: datetime) -> Range:
    """Return the dates of the events that have `status` at `moment`, a whole second."""
    # An event is upcoming until its date, so one of this second is upcoming no more.
    next_second = moment + timedelta(seconds=1)
    begun = clock.to_text(next_second)
    over = clock.to_text(next_second - timedelta(hours=settings.ongoing_hours()))
    match status:
        case "upcoming":
            return Range(begun, LAST)
        case "ongoing":
            return Range(over, begun)
        case "completed":
            return Range(FIRST, over)
