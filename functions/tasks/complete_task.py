"""POST /api/v1/tasks/{id}/complete/: mark a task as done. For its assignee and its creator.

Takes no body. Answers 200, also when repeated; 403 `permission_denied`, 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.tasks import editing
from gatherhub.tasks.schemas import TaskCompleted

api = Api(accepts=(), roles=(Role.AUTHOR, Role.ASSIGNEE))


@api.post("/api/v1/tasks/<task_id>/complete/", summary="Complete a task", tags=["Tasks"])
def complete_task(task_id: PathId) -> TaskCompleted:
    """Mark the task as completed; one that is stays unchanged."""
    return editing.complete(api.user_id, task_id)


handler = api
