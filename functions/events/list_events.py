"""GET /api/v1/events/: pages of events, filtered and searched. For signed-in users."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from gatherhub.events import listing
from gatherhub.events.schemas import EventFilter, EventSummary
from gatherhub.http import paging
from gatherhub.http.api import Api

api = Api(accepts=())

_PATH = "/api/v1/events/"


class EventQuery(paging.Paging, EventFilter):
    """The query parameters: a page of what the filter lets through."""


@api.get(_PATH, summary="List events", tags=["Events"])
def list_events(query: Annotated[EventQuery, Query()]) -> paging.Listing[EventSummary]:
    """Return a page of events by date, latest first unless asked for otherwise."""
    found = listing.find(query, query.offset, query.size)
    return paging.listing(_PATH, api.raw_query, query, found.count, found.events)


handler = api
