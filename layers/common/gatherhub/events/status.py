"""The status of an event: nobody sets it, it follows the clock."""

from datetime import datetime, timedelta

from gatherhub import settings
from gatherhub.events.schemas import Status


def status_at(date: datetime, moment: datetime) -> Status:
    """Return the status that an event of `date` has at `moment`."""
    if moment < date:
        return "upcoming"
    # Not `date + duration`: that overflows for a date at the end of the calendar.
    if moment - date < timedelta(hours=settings.ongoing_hours()):
        return "ongoing"
    return "completed"
