"""POST /api/v1/events/{id}/join/: take part in an event. For signed-in users.

Answers 200; 400 `already_participant`, `event_full`, 404.
"""

from gatherhub.errors import ErrorCode
from gatherhub.events import participation
from gatherhub.events.schemas import Participated
from gatherhub.http.api import Api
from gatherhub.schemas import PathId

api = Api(accepts=(), errors=(ErrorCode.ALREADY_PARTICIPANT, ErrorCode.EVENT_FULL))


@api.post("/api/v1/events/<event_id>/join/", summary="Join an event", tags=["Events"])
def join_event(event_id: PathId) -> Participated:
    """Make the caller a participant."""
    event = participation.join(api.user_id, event_id)
    return Participated(message="Successfully joined the event", event=event)


handler = api
