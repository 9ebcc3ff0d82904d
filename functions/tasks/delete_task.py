"""DELETE /api/v1/tasks/{id}/: remove a task. For its creator and the event's.

Answers 204; 403 `permission_denied`, 404 `not_found`, also when repeated.
"""

from aws_lambda_powertools.event_handler import Response

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId
from gatherhub.tasks import removal

api = Api(accepts=(), roles=(Role.AUTHOR, Role.ORGANISER))


@api.delete("/api/v1/tasks/<task_id>/", status_code=204, summary="Delete a task", tags=["Tasks"])
def delete_task(task_id: PathId) -> Response[None]:
    """Remove the task from its event and from every list."""
    removal.delete(api.user_id, task_id)
    return Response(status_code=204)


handler = api
