"""GET /api/v1/tasks/{id}/: a task with its event and people. For signed-in users."""

from gatherhub.http.api import Api
from gatherhub.schemas import PathId
from gatherhub.tasks import details
from gatherhub.tasks.schemas import TaskDetails

api = Api(accepts=())


@api.get("/api/v1/tasks/<task_id>/", summary="Get a task", tags=["Tasks"])
def get_task(task_id: PathId) -> TaskDetails:
    """Return the task; any signed-in user may see every task."""
    return details.show(task_id)


handler = api
