"""PUT and PATCH /api/v1/events/{id}/: change an event. For its creator.

Both methods change only the fields that are sent. Answers 200; 403 `permission_denied`, 404.
"""

from gatherhub.events import update
from gatherhub.events.schemas import EventChanges, EventSummary
from gatherhub.http.api import Api
from gatherhub.http.roles import Role
from gatherhub.schemas import PathId

api = Api(roles=(Role.ORGANISER,))

_PATH = "/api/v1/events/<event_id>/"


@api.put(_PATH, summary="Update an event", tags=["Events"])
@api.patch(_PATH, summary="Update an event", tags=["Events"])
def update_event(event_id: PathId, changes: EventChanges) -> EventSummary:
    """Change an event and return it as it is now."""
    return update.update(api.user_id, event_id, changes)


handler = api
