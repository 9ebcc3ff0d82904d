"""POST /api/v1/tasks/: create a task in an event. For participants of the event.

Answers 201; 400 `validation_error` (also for an unknown event or assignee), 403
`permission_denied`.
"""

from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.tasks import creation
from gatherhub.tasks.schemas import NewTask, TaskSummary

api = Api(roles=(Role.PARTICIPANT, Role.ORGANISER))


@api.post("/api/v1/tasks/", status_code=201, summary="Create a task", tags=["Tasks"])
def create_task(task: NewTask) -> TaskSummary:
    """Create a task, pending; whoever creates it must take part in its event."""
    return creation.create(api.user_id, task)


handler = api
