"""GET /health/live/: what serving needs is loaded, else 503. No authentication, no rate limit."""

from gatherhub.health import report
from gatherhub.health.schemas import Liveness
from gatherhub.http.api import Access, Api
from gatherhub.http.request import JSON

api = Api(Access.MONITOR, accepts=())


@api.get(
    "/health/live/",
    summary="Liveness check",
    tags=["Health"],
    responses={
        200: {
            "description": "What serving needs is loaded.",
            "content": {JSON: {"model": Liveness}},
        },
        503: {"description": "It could not be loaded.", "content": {JSON: {"model": Liveness}}},
    },
)
def live() -> tuple[Liveness, int]:
    """Return whether configuration, secret and table could be loaded."""
    liveness = report.liveness()
    return liveness, 200 if liveness.django_ready else 503


handler = api
