"""Who may call a route, besides being signed in.

A route declares its roles; the domain enforces them where it knows the event, task or vote. A test
calls every route as everybody and holds the two to each other.
"""

from enum import StrEnum


class Role(StrEnum):
    """What a user can be to the event, task or vote that a request is about."""

    ORGANISER = "creator of the event"
    PARTICIPANT = "participant of the event"
    AUTHOR = "creator of the task or vote"
    ASSIGNEE = "assignee of the task"
