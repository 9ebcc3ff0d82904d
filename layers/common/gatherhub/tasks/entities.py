"""Tasks as the table holds them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from gatherhub import clock
from gatherhub.schemas import UtcTime

Status = Literal["pending", "in_progress", "completed"]
Priority = Literal["low", "medium", "high", "urgent"]


class Task(BaseModel):
    """One task. `version` grows by one with each edit; `completed_at` is set while completed."""

    # Keys and kind are in the item too, but are the table's business. Errors are logged, and logs
    # hold nothing that users have written.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: int
    event_id: int
    creator_id: int
    assignee_id: int | None
    title: str
    description: str
    status: Status
    priority: Priority
    due_date: UtcTime | None
    created_at: UtcTime
    updated_at: UtcTime
    completed_at: UtcTime | None
    version: int

    def in_status(self, status: Status) -> "Task":
        """Return the task in a status; one that is already in it stays as it is."""
        if status == self.status:
            return self
        completed_at = clock.now() if status == "completed" else None
        return self.model_copy(update={"status": status, "completed_at": completed_at})
