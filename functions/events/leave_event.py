"""POST /api/v1/events/{id}/leave/: stop taking part in an event. For signed-in users.

Answers 200; 400 `not_participant`, 403 `creator_cannot_leave`, 404.
"""

from gatherhub.errors import ErrorCode
from gatherhub.events import participation
from gatherhub.events.schemas import Participated
from gatherhub.http.api import Api
from gatherhub.schemas import PathId

api = Api(accepts=(), errors=(ErrorCode.NOT_PARTICIPANT, ErrorCode.CREATOR_CANNOT_LEAVE))


@api.post("/api/v1/events/<event_id>/leave/", summary="Leave an event", tags=["Events"])
def leave_event(event_id: PathId) -> Participated:
    """End the caller's participation."""
    event = participation.leave(api.user_id, event_id)
    return Participated(message="Successfully left the event", event=event)


handler = api
