"""GET /api/v1/events/{id}/: an event with its people, tasks and votes. For signed-in users."""

from gatherhub.events import details
from gatherhub.events.schemas import EventDetails
from gatherhub.http.api import Api
from gatherhub.schemas import PathId

api = Api(accepts=())


@api.get("/api/v1/events/<event_id>/", summary="Get an event", tags=["Events"])
def get_event(event_id: PathId) -> EventDetails:
    """Return the event; any signed-in user may see every event."""
    return details.show(event_id)


handler = api
