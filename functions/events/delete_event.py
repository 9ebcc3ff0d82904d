"""DELETE /api/v1/events/{id}/: delete an event and all that belongs to it. For its creator.

Answers 204; 403 `permission_denied`, 404.
"""

from gatherhub.errors import ErrorCode
from gatherhub.events import deletion
from gatherhub.http.api import Api
from gatherhub.schemas import PathId

api = Api(accepts=(), errors=(ErrorCode.PERMISSION_DENIED,))


@api.delete(
    "/api/v1/events/<event_id>/", status_code=204, summary="Delete an event", tags=["Events"]
)
def delete_event(event_id: PathId) -> None:
    """Delete the event; its tasks, votes and participations go with it."""
    deletion.delete(api.user_id, event_id)


handler = api
