"""GET /health/status/: the system on one page. No authentication, no rate limit."""

from gatherhub.health import report
from gatherhub.health.schemas import Status
from gatherhub.http.api import Access, Api

api = Api(Access.MONITOR, accepts=())


@api.get("/health/status/", summary="Status dashboard", tags=["Health"])
def status() -> Status:
    """Return what the system runs on and how its parts answer."""
    return report.status()


handler = api
