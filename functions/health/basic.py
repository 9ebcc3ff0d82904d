"""GET /health/: the function itself answers. No authentication, no rate limit."""

from gatherhub.health import report
from gatherhub.health.schemas import Health
from gatherhub.http.api import Access, Api

api = Api(Access.MONITOR, accepts=())


@api.get("/health/", summary="Basic health check", tags=["Health"])
def basic() -> Health:
    """Return that the application answers, and its version."""
    return report.health()


handler = api
