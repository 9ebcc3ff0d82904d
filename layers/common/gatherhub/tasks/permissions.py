"""Who may do what with a task. Any signed-in user may read every one."""

from gatherhub.errors import ErrorCode, Problem
from gatherhub.tasks.context import TaskInContext


def may_update(user_id: int, found: TaskInContext) -> None:
    """Raise Problem `permission_denied` unless the user created the task or is to do it."""
    _only(user_id, (found.task.creator_id, found.task.assignee_id), "creator or assignee")


may_complete = may_update


def may_assign(user_id: int, found: TaskInContext) -> None:
    """Raise Problem `permission_denied` unless the user created the task or its event."""
    _only(user_id, (found.task.creator_id, found.event.creator_id), "creator or the event's")


may_delete = may_assign


def must_participate() -> Problem:
    """Return the error for a task in an event in which its creator takes no part."""
    return Problem(ErrorCode.PERMISSION_DENIED, "Only participants of the event may add tasks.")


def _only(user_id: int, allowed: tuple[int | None, ...], who: str) -> None:
    if user_id not in allowed:
        raise Problem(ErrorCode.PERMISSION_DENIED, f"Only the task's {who} may do this.")
