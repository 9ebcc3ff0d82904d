"""POST /api/v1/events/: create an event. For signed-in users."""

from gatherhub.events import creation
from gatherhub.events.schemas import EventSummary, NewEvent
from gatherhub.http.api import Api

api = Api()


@api.post("/api/v1/events/", status_code=201, summary="Create an event", tags=["Events"])
def create_event(event: NewEvent) -> EventSummary:
    """Create an event; whoever creates it is its first participant."""
    return creation.create(api.user_id, event)


handler = api
