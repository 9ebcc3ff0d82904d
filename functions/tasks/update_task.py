"""PUT and PATCH /api/v1/tasks/{id}/: change a task. For its creator and its assignee.

Both methods change only the fields that are sent. Answers 200; 400 `validation_error` (also for an
unknown assignee), 403 `permission_denied`, 404 `not_found`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.tasks import editing
from gatherhub.tasks.schemas import TaskChanges, TaskSummary

api = Api(roles=(Role.AUTHOR, Role.ASSIGNEE))

_PATH = "/api/v1/tasks/<task_id>/"


@api.put(_PATH, summary="Update a task", tags=["Tasks"])
@api.patch(_PATH, summary="Update a task", tags=["Tasks"])
def update_task(task_id: PathId, changes: TaskChanges) -> TaskSummary:
    """Change the fields that are sent and return the task as it is now."""
    return editing.update(api.user_id, task_id, changes)


handler = api
