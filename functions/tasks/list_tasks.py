"""GET /api/v1/tasks/: tasks by event, assignee, status and due date. For signed-in users.

Answers 200; 400 `validation_error` for a malformed parameter, 404 for a page past the end.
"""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from gatherhub.http.api import Api
from gatherhub.http.paging import Listing, Paging, listing
from gatherhub.tasks.listing import find
from gatherhub.tasks.schemas import TaskFilter, TaskSummary

api = Api(accepts=())

_PATH = "/api/v1/tasks/"


class Parameters(TaskFilter, Paging):
    """The parameters of the list."""


@api.get(_PATH, summary="List tasks", tags=["Tasks"])
def list_tasks(query: Annotated[Parameters, Query()]) -> Listing[TaskSummary]:
    """Return the tasks that fit all filters, newest first; any signed-in user may see them."""
    count, tasks = find(query, query.offset, query.size)
    raw_query = str(api.current_event.get("rawQueryString", ""))
    return listing(_PATH, raw_query, query, count, tasks)


handler = api
