"""GET /health/live/: what serving needs is loaded, else 503. No authentication, no rate limit."""

from gatherhub.health import report
from gatherhub.health.schemas import Liveness
from gatherhub.http.api import Access, Api

api = Api(Access.MONITOR, accepts=())


@api.get("/health/live/", summary="Liveness check", tags=["Health"])
def live() -> tuple[Liveness, int]:
    """Return whether configuration, secret and table could be loaded."""
    liveness = report.liveness()
    return liveness, 200 if liveness.django_ready else 503


handler = api
