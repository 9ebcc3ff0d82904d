"""DELETE /api/v1/events/{id}/: delete an event and all that belongs to it. For its creator.

Answers 204; 403 `permission_denied`, 404.
"""

from gatherhub.events import deletion
from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId

api = Api(accepts=(), roles=(Role.ORGANISER,))


@api.delete(
    "/api/v1/events/<event_id>/", status_code=204, summary="Delete an event", tags=["Events"]
)
def delete_event(event_id: PathId) -> None:
    """Delete the event; its tasks, votes and participations go with it."""
    deletion.delete(api.user_id, event_id)


handler = api
