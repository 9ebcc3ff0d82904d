"""POST /api/v1/tasks/{id}/assign/: give a task to someone. For its creator and the event's.

Answers 200, also when repeated; 400 `validation_error` (also for an unknown assignee), 403
`permission_denied`, 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.tasks import editing
from gatherhub.tasks.schemas import Assignment, TaskAssigned

api = Api(roles=(Role.AUTHOR, Role.ORGANISER))


@api.post("/api/v1/tasks/<task_id>/assign/", summary="Assign a task", tags=["Tasks"])
def assign_task(task_id: PathId, body: Assignment) -> TaskAssigned:
    """Give the task to a user; null takes it from whoever had it."""
    return editing.assign(api.user_id, task_id, body.assignee)


handler = api
