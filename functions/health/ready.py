"""GET /health/ready/: every part measured; 503 when one fails. No authentication, no rate limit."""

from gatherhub.health import report
from gatherhub.health.schemas import Readiness
from gatherhub.http.api import Access, Api
from gatherhub.http.request import JSON

api = Api(Access.MONITOR, accepts=())


@api.get(
    "/health/ready/",
    summary="Readiness check",
    tags=["Health"],
    responses={
        200: {"description": "Every part is ready.", "content": {JSON: {"model": Readiness}}},
        503: {"description": "A part is not ready.", "content": {JSON: {"model": Readiness}}},
    },
)
def ready() -> tuple[Readiness, int]:
    """Return how the table, the shared state and the channels endpoint answer right now."""
    readiness = report.readiness()
    return readiness, 200 if readiness.status == "healthy" else 503


handler = api
