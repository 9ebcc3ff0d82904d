"""The public paths and their methods, for the answer to a path or method that does not exist.

Functions are deployed one by one and can't see each other's routes, so the whole is kept here; a
test holds it to the template and to what the handlers declare.
"""

ROUTES: dict[str, tuple[str, ...]] = {
    "/api/v1/auth/register/": ("POST",),
    "/api/v1/auth/login/": ("POST",),
    "/api/v1/auth/refresh/": ("POST",),
    "/api/v1/auth/logout/": ("POST",),
    "/api/v1/auth/profile/": ("GET", "PATCH", "PUT"),
    "/api/v1/events/": ("GET", "POST"),
    "/api/v1/events/<event_id>/": ("DELETE", "GET", "PATCH", "PUT"),
    "/api/v1/events/<event_id>/join/": ("POST",),
    "/api/v1/events/<event_id>/leave/": ("POST",),
    "/api/v1/tasks/": ("GET", "POST"),
    "/api/v1/tasks/<task_id>/": ("DELETE", "GET", "PATCH", "PUT"),
    "/api/v1/tasks/<task_id>/assign/": ("POST",),
    "/api/v1/tasks/<task_id>/complete/": ("POST",),
    "/api/v1/voting/": ("GET", "POST"),
    "/api/v1/voting/<vote_id>/": ("DELETE", "GET"),
    "/api/v1/voting/<vote_id>/vote/": ("POST",),
    "/api/v1/voting/<vote_id>/results/": ("GET",),
    "/api/v1/voting/<vote_id>/close/": ("POST",),
    "/health/": ("GET",),
    "/health/ready/": ("GET",),
    "/health/live/": ("GET",),
    "/health/status/": ("GET",),
}


def allowed_methods(path: str) -> tuple[str, ...]:
    """Return the methods of a path (with its final slash); empty when there is no such path."""
    parts = path.split("/")
    for pattern, methods in ROUTES.items():
        segments = pattern.split("/")
        if len(segments) == len(parts) and all(
            segment == part or (segment.startswith("<") and part)
            for segment, part in zip(segments, parts, strict=True)
        ):
            return methods
    return ()
